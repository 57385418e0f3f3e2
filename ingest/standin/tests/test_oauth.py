"""GitHub's "Authorize" page and what follows from it."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from ingest.standin import Standin
from ingest.standin.oauth import challenge_of

from .client import Got, get
from .conftest import Clock

CALLBACK = "http://127.0.0.1:8000/integrations/github/callback/"
VERIFIER = "v" * 43
ASKED = {
    "client_id": "standin",
    "redirect_uri": CALLBACK,
    "scope": "repo read:org",
    "state": "<s>&1",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
APP = {"client_id": "standin", "client_secret": "standin-secret"}


def send(standin: Standin, method: str, path: str, body: str, **headers: str) -> Got:
    address = urlsplit(standin.url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        connection.request(method, path, body, {"User-Agent": "tests", **headers})
        answer = connection.getresponse()
        return Got(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def press(standin: Standin, decision: str = "authorize", **changes: str) -> dict[str, str]:
    """What the address says to which the browser is sent back."""
    got = send(
        standin, "POST", "/login/oauth/authorize", urlencode({**ASKED, **changes, "decision": decision})
    )
    assert got.status == 302
    assert got.headers["location"].startswith(CALLBACK + "?")
    return {k: v[0] for k, v in parse_qs(urlsplit(got.headers["location"]).query).items()}


def exchange(standin: Standin, **changes: str) -> dict[str, Any]:
    given = {**APP, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **changes}
    got = send(standin, "POST", "/login/oauth/access_token", urlencode(given), Accept="application/json")
    assert got.status == 200
    answer: dict[str, Any] = got.json
    return answer


def test_the_page_asks_what_the_app_asked_for(standin: Standin) -> None:
    page = get(standin.url, f"/login/oauth/authorize?{urlencode(ASKED)}", token=None)
    text = page.body.decode()
    assert page.status == 200
    assert "<code>repo</code>" in text
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', text)
    assert {name: html.unescape(value) for name, value in fields if name != "decision"} == ASKED
    assert {value for name, value in fields if name == "decision"} == {"authorize", "cancel"}


def test_a_code_becomes_a_token_once(standin: Standin) -> None:
    back = press(standin)
    assert back["state"] == "<s>&1"
    answer = exchange(standin, code=back["code"])
    assert (answer["token_type"], answer["scope"]) == ("bearer", "read:org,repo")
    user = get(standin.url, "/user", token=answer["access_token"])
    assert (user.status, user.headers["x-oauth-scopes"]) == (200, "read:org, repo")
    assert exchange(standin, code=back["code"])["error"] == "bad_verification_code"


def test_the_answer_is_a_form_unless_json_is_asked_for(standin: Standin) -> None:
    given = {**APP, "code": press(standin)["code"], "code_verifier": VERIFIER}
    got = send(standin, "POST", "/login/oauth/access_token", urlencode(given))
    assert parse_qs(got.body.decode())["token_type"] == ["bearer"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "another"}, "bad_verification_code"),
        ({"code_verifier": "w" * 43}, "bad_verification_code"),
        ({"code_verifier": ""}, "bad_verification_code"),
        ({"client_secret": "wrong"}, "incorrect_client_credentials"),
        ({"client_id": "another"}, "incorrect_client_credentials"),
        ({"redirect_uri": CALLBACK + "else/"}, "redirect_uri_mismatch"),
    ],
)
def test_a_refused_exchange(standin: Standin, changes: dict[str, str], error: str) -> None:
    code = press(standin)["code"]
    assert exchange(standin, **{"code": code, **changes})["error"] == error


def test_a_code_expires(standin: Standin, clock: Clock) -> None:
    code = press(standin)["code"]
    clock.forward(600)
    assert exchange(standin, code=code)["error"] == "bad_verification_code"


def test_cancel(standin: Standin) -> None:
    assert press(standin, "cancel")["error"] == "access_denied"
    standin.behaviour.denied = True
    assert press(standin)["error"] == "access_denied"


def test_fewer_scopes_are_granted_than_asked_for(standin: Standin) -> None:
    standin.behaviour.granted = "read:org"
    token = exchange(standin, code=press(standin)["code"])
    assert token["scope"] == "read:org"
    standin.behaviour.granted = ""
    token = exchange(standin, code=press(standin)["code"])
    assert get(standin.url, "/user/orgs", token=token["access_token"]).status == 403


def test_an_unknown_app_and_a_foreign_address(standin: Standin) -> None:
    def status(**changes: str) -> int:
        return get(standin.url, f"/login/oauth/authorize?{urlencode({**ASKED, **changes})}").status

    assert status(client_id="another") == 404
    assert status(redirect_uri="https://example.com/") == 400
    standin.oauth.register("strict", "s", CALLBACK)
    other = (
        f"/login/oauth/authorize?{urlencode({**ASKED, 'client_id': 'strict', 'redirect_uri': CALLBACK[:-9]})}"
    )
    sent = get(standin.url, other)
    assert sent.status == 302
    assert sent.headers["location"].startswith(f"{CALLBACK}?error=redirect_uri_mismatch")


def test_the_app_gives_a_token_back(standin: Standin) -> None:
    token = exchange(standin, code=press(standin)["code"])["access_token"]
    body = json.dumps({"access_token": token})

    def delete(who: str, client_id: str = "standin") -> int:
        basic = f"Basic {b64encode(who.encode()).decode()}"
        return send(standin, "DELETE", f"/applications/{client_id}/token", body, Authorization=basic).status

    assert delete("standin:wrong") == 404
    standin.oauth.register("another", "s")
    assert delete("another:s", "another") == 404
    assert get(standin.url, "/user", token=token).status == 200
    assert delete("standin:standin-secret") == 204
    assert get(standin.url, "/user", token=token).status == 401
    assert delete("standin:standin-secret") == 404


def test_pages_are_outside_of_the_api_s_limits(standin: Standin) -> None:
    standin.behaviour.rate_limit = 0
    standin.behaviour.tokens = set()
    token = exchange(standin, code=press(standin)["code"])["access_token"]
    standin.behaviour.rate_limit = 10
    assert get(standin.url, "/user", token=token).status == 200

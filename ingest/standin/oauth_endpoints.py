"""The pages of github.com that lend a token to an app, and the endpoints that give and take it back.

Answers as in GitHub's documentation of "Authorizing OAuth apps" and "Troubleshooting OAuth app access token
request errors": the exchange tells its errors with status 200.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode
from binascii import Error as NotBase64
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from . import refusals
from .answer import Answer, Request, packed
from .oauth import App, BadCode, normal

if TYPE_CHECKING:
    from .server import Standin

Parts = dict[str, str]

_ASKED = ("client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")


def show_authorize(standin: Standin, request: Request, parts: Parts) -> Answer:
    """The page with the two buttons."""
    asked = request.query
    refused = _refused(standin, asked)
    if refused:
        return refused
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">'
        for name in _ASKED
        if name in asked
    )
    wanted = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in _scopes(asked))
    return _page(
        200,
        f"Authorize {escape(asked['client_id'])}",
        f"<p>It asks for:</p><ul>{wanted or '<li>public data only</li>'}</ul>"
        f'<form method="post" action="/login/oauth/authorize">{hidden}'
        '<button name="decision" value="cancel">Cancel</button> '
        '<button name="decision" value="authorize">Authorize</button></form>',
    )


def decide(standin: Standin, request: Request, parts: Parts) -> Answer:
    """One of the buttons was pressed: back to the app."""
    asked = _form(request)
    refused = _refused(standin, asked)
    if refused:
        return refused
    if asked.get("decision") != "authorize" or standin.behaviour.denied:
        return _denied(asked)
    granted = standin.behaviour.granted
    scopes = normal(" ".join(_scopes(asked)) if granted is None else granted)
    # Without PKCE where none was asked for; GitHub knows S256 only.
    code = standin.oauth.agree(
        asked["client_id"],
        asked["redirect_uri"],
        scopes,
        standin.behaviour.person,
        asked.get("code_challenge", ""),
    )
    return _back(asked, {"code": code})


def exchange(standin: Standin, request: Request, parts: Parts) -> Answer:
    given = _form(request) or request.query
    app = standin.oauth.apps.get(given.get("client_id", ""))
    if app is None or not hmac.compare_digest(app.secret.encode(), given.get("client_secret", "").encode()):
        return _answer(request, _error("incorrect_client_credentials", "The client_id and/or client_secret"
                                       " passed are incorrect."))  # fmt: skip
    code = standin.oauth.codes.get(given.get("code", ""))
    if code is not None and given.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
        return _answer(request, _error("redirect_uri_mismatch", "The redirect_uri MUST match the registered"
                                       " callback URL for this application."))  # fmt: skip
    try:
        token, grant = standin.oauth.exchange(
            app.client_id, given.get("code", ""), given.get("code_verifier", "")
        )
    except BadCode:
        return _answer(request, _error("bad_verification_code", "The code passed is incorrect or expired."))
    if standin.behaviour.tokens is not None:
        standin.behaviour.tokens.add(token)
    scope = grant.scopes.replace(", ", ",")
    return _answer(request, {"access_token": token, "token_type": "bearer", "scope": scope})


def delete_token(standin: Standin, request: Request, parts: Parts) -> Answer:
    app = _app_of(standin, request)
    if app is None or app.client_id != parts["client_id"]:
        return refusals.not_found()
    try:
        given = json.loads(request.body or b"{}")
    except ValueError:
        return refusals.bad_request()
    token = given.get("access_token") if isinstance(given, dict) else None
    grant = standin.oauth.tokens.get(token or "")
    if grant is None or grant.client_id != app.client_id or token in standin.behaviour.revoked:
        return refusals.not_found()
    standin.behaviour.revoked.add(token or "")
    return Answer(204, b"")


def _refused(standin: Standin, asked: dict[str, str]) -> Answer | None:
    app = standin.oauth.apps.get(asked.get("client_id", ""))
    if app is None:
        return _page(404, "Not found", "<p>There is no such app.</p>")
    asked.setdefault("redirect_uri", app.callback)
    if app.takes(asked["redirect_uri"]):
        return None
    problem = {"error": "redirect_uri_mismatch", "error_description": _MISMATCH}
    if not app.callback:
        return _page(400, "Be careful!", f"<p>{escape(_MISMATCH)}</p>")
    return _back({**asked, "redirect_uri": app.callback}, problem)


_MISMATCH = "The redirect_uri MUST match the registered callback URL for this application."


def _denied(asked: dict[str, str]) -> Answer:
    return _back(
        asked, {"error": "access_denied", "error_description": "The user has denied your application access."}
    )


def _back(asked: dict[str, str], answer: dict[str, str]) -> Answer:
    if "state" in asked:
        answer = {**answer, "state": asked["state"]}
    address = asked["redirect_uri"]
    sign = "&" if urlsplit(address).query else "?"
    return Answer(302, b"", {"Location": f"{address}{sign}{urlencode(answer)}", **_HTML})


def _app_of(standin: Standin, request: Request) -> App | None:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    try:
        client_id, _, secret = b64decode(rest, validate=True).decode().partition(":")
    except (NotBase64, UnicodeError):
        return None
    app = standin.oauth.apps.get(client_id)
    fits = app is not None and hmac.compare_digest(app.secret.encode(), secret.encode())
    return app if scheme.lower() == "basic" and fits else None


def _scopes(asked: dict[str, str]) -> list[str]:
    return asked.get("scope", "").replace(",", " ").split()


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))


def _error(error: str, description: str) -> dict[str, str]:
    return {
        "error": error,
        "error_description": description,
        "error_uri": f"https://docs.github.com/#{error}",
    }


def _answer(request: Request, value: dict[str, str]) -> Answer:
    """A form, unless JSON is asked for."""
    if "json" in request.headers.get("accept", ""):
        return Answer(200, packed(value), {"Content-Type": "application/json; charset=utf-8"})
    form = urlencode(value).encode()
    return Answer(200, form, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})


_HTML = {"Content-Type": "text/html; charset=utf-8"}


def _page(status: int, title: str, body: str) -> Answer:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1>{body}<p>This is a stand-in for GitHub on this machine.</p></body></html>"
    )
    return Answer(status, text.encode(), dict(_HTML))

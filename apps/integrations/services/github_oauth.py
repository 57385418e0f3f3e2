"""GitHub's OAuth, and requests with a token that is not stored yet.

Read in GitHub's documentation of "Authorizing OAuth apps" and "Troubleshooting OAuth app access token request
errors". What is asked with a stored credential goes through `services.github_client.client_for`.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from django.conf import settings
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from requests.auth import AuthBase, HTTPBasicAuth

from apps.integrations.services.github_client import PAGE_TIMEOUT
from apps.integrations.services.permissions import SCOPES
from apps.integrations.services.unprinted import Unprinted
from ingest.github.addresses import is_loopback
from ingest.github.bearer import NoBearer
from ingest.github.client import GITHUB_API_VERSION, GitHubClient, Params
from ingest.github.errors import UnexpectedAnswer, Unreachable
from ingest.github.paging import next_link

__all__ = [
    "GITHUB_API_BASE_URL",
    "GITHUB_API_VERSION",
    "App",
    "CodeRefused",
    "Granted",
    "_make_github_api_request",
    "_make_paginated_github_api_request",
    "_parse_next_link",
    "authorize_url",
    "callback_url",
    "exchange_code",
    "is_configured",
    "revoke_token",
]

GITHUB_API_BASE_URL: str = settings.GITHUB_API_URL


class CodeRefused(Exception):
    """GitHub gave no token for a code. `error`: its word for the reason, safe to show."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class App:
    """This site as GitHub knows it: one app connects teams, another one may sign people in."""

    client_id: str
    secret: Unprinted
    callback_url: str


@dataclass(frozen=True)
class Granted:
    """`scopes`: what was granted, which may be less than was asked for."""

    token: Unprinted
    scopes: list[str]


def is_configured() -> bool:
    """Whether this site is an app at GitHub."""
    return bool(settings.GITHUB_CLIENT_ID and settings.GITHUB_CLIENT_SECRET)


def callback_url() -> str:
    """The one address that GitHub sends people back to, of all teams: an OAuth app has only one."""
    return settings.SITE_URL + reverse("integrations:callback")


def authorize_url(state: str, challenge: str) -> str:
    asked = {
        "client_id": settings.GITHUB_CLIENT_ID,
        "redirect_uri": callback_url(),
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{settings.GITHUB_WEB_URL}/login/oauth/authorize?{urlencode(asked)}"


@sensitive_variables()
def exchange_code(code: Unprinted, verifier: Unprinted, app: App | None = None) -> Granted:
    """The token for a code; `app`: the one that connects teams, unless another is given.

    Raises CodeRefused, Unreachable, or UnexpectedAnswer for what is no answer.
    """
    if app is None:
        app = App(settings.GITHUB_CLIENT_ID, Unprinted(settings.GITHUB_CLIENT_SECRET), callback_url())
    given = {
        "client_id": app.client_id,
        "client_secret": app.secret,
        "redirect_uri": app.callback_url,
        "code": code,
        "code_verifier": verifier,
    }
    url = f"{settings.GITHUB_WEB_URL}/login/oauth/access_token"
    response = _send(
        "POST", url, Unprinted(urlencode(given)), "application/x-www-form-urlencoded", NoBearer()
    )
    # Errors come with status 200.
    answer = _value(response) if response.status_code == 200 else {}
    token, scope = answer.get("access_token"), answer.get("scope", "")
    if isinstance(token, str) and token and isinstance(scope, str):
        return Granted(Unprinted(token), scopes_of(scope))
    error = answer.get("error")
    if isinstance(error, str) and error:
        raise CodeRefused(error_word(error))
    raise UnexpectedAnswer(f"GitHub answered {url} with status {response.status_code} and no token.", url=url)


@sensitive_variables()
def revoke_token(token: Unprinted) -> bool:
    """Whether a token of this app is worth nothing now. Raises Unreachable.

    204: revoked; 404 and 422: GitHub does not know it (any more), or not this app.
    """
    url = f"{settings.GITHUB_API_URL}/applications/{settings.GITHUB_CLIENT_ID}/token"
    basic = HTTPBasicAuth(settings.GITHUB_CLIENT_ID, Unprinted(settings.GITHUB_CLIENT_SECRET))
    body = Unprinted(json.dumps({"access_token": token}))
    return _send("DELETE", url, body, "application/json", basic).status_code == 204


def scopes_of(text: str) -> list[str]:
    """ "repo,read:org" of an exchange and "read:org, repo" of a header alike, in order."""
    return sorted(scope for scope in text.replace(",", " ").split() if len(scope) < 100)


def error_word(error: str) -> str:
    """GitHub's word for an error (`access_denied`), of which nothing is shown that is no such word."""
    return error if error.isascii() and error.replace("_", "").isalnum() and len(error) < 50 else "unknown"


@sensitive_variables()
def _send(method: str, url: str, body: Unprinted, kind: str, auth: AuthBase) -> requests.Response:
    headers = {"Accept": "application/json", "Content-Type": kind, "User-Agent": "tformance"}
    with requests.Session() as session:
        # A proxy of the environment would be given the secrets of a plain http request in clear.
        session.trust_env = not is_loopback(url)
        try:
            return session.request(
                method,
                url,
                data=body,
                headers=headers,
                auth=auth,
                timeout=PAGE_TIMEOUT,
                allow_redirects=False,
            )
        except (requests.RequestException, ValueError) as error:
            name = type(error).__name__
    # Raised here and not above: the frames of the first error, which hold the secrets, do not come along.
    raise Unreachable(f"GitHub cannot be reached at {url} ({name}).", url=url)


def _value(response: requests.Response) -> dict[str, Any]:
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@sensitive_variables("access_token")
def _make_github_api_request(access_token: str, endpoint: str, params: Params | None = None) -> Any:
    """The JSON value at `endpoint`, a path ("/user") or an address of the API. Raises a GitHubError."""
    with _client(access_token) as client:
        return client.get(endpoint, params).json()


@sensitive_variables("access_token")
def _make_paginated_github_api_request(
    access_token: str, endpoint: str, params: Params | None = None
) -> list[Any]:
    """The items of all pages of a list. Raises a GitHubError, also where a page is no list."""
    items: list[Any] = []
    with _client(access_token) as client:
        for page in client.pages(endpoint, params):
            value = page.json()
            if not isinstance(value, list):
                raise UnexpectedAnswer(
                    f"GitHub answered {page.url} with something other than a list.",
                    url=page.url,
                    status=page.status,
                    request_id=page.request_id,
                )
            items += value
    return items


def _parse_next_link(link_header: str | None) -> str | None:
    """The address of the next page in a `Link` header, None on the last page."""
    return next_link(link_header)


@sensitive_variables("access_token")
def _client(access_token: str) -> GitHubClient:
    return GitHubClient(lambda: access_token, base_url=settings.GITHUB_API_URL)

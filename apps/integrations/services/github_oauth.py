"""Requests with a token that is not stored yet, such as the ones made while a team connects.

What is asked with a stored credential goes through `services.github_client.client_for`.
"""

from typing import Any

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from ingest.github.client import GITHUB_API_VERSION, GitHubClient, Params
from ingest.github.errors import UnexpectedAnswer
from ingest.github.paging import next_link

__all__ = [
    "GITHUB_API_BASE_URL",
    "GITHUB_API_VERSION",
    "_make_github_api_request",
    "_make_paginated_github_api_request",
    "_parse_next_link",
]

GITHUB_API_BASE_URL: str = settings.GITHUB_API_URL


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

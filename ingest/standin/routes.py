"""Every address the stand-in answers. A new endpoint is a function and a row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from . import account_endpoints, endpoints, graphql, hook_endpoints, oauth_endpoints, repository_lists
from .answer import Answer, Request

if TYPE_CHECKING:
    from .server import Standin

Endpoint = Callable[["Standin", Request, dict[str, str]], Answer]

_NUMERIC = {"id", "number", "hook", "delivery"}


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    endpoint: Endpoint
    name: str  # under which requests are counted; both addresses of a repository share it
    public: bool = True  # answered without a token

    def match(self, request: Request) -> dict[str, str] | None:
        if request.method != self.method:
            return None
        found = _pattern(self.path).fullmatch(request.path)
        return found.groupdict() if found else None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    def group(found: re.Match[str]) -> str:
        allowed = r"[0-9]{1,18}" if found[1] in _NUMERIC else "[^/]+"
        return f"(?P<{found[1]}>{allowed})"

    return re.compile(re.sub(r"\{(\w+)\}", group, path))


def _of_repository(
    rest: str, endpoint: Endpoint, name: str, method: str = "GET", public: bool = True
) -> tuple[Route, Route]:
    return (
        Route(method, f"/repos/{{owner}}/{{repository}}{rest}", endpoint, name, public),
        Route(method, f"/repositories/{{id}}{rest}", endpoint, name, public),
    )


def _of_hooks(method: str, rest: str, endpoint: Endpoint, name: str) -> tuple[Route, Route]:
    return _of_repository(f"/hooks{rest}", endpoint, name, method, public=False)


def _of_members(rest: str, endpoint: Endpoint, name: str) -> tuple[Route, Route]:
    return (
        Route("GET", f"/orgs/{{organization}}{rest}", endpoint, name),
        Route("GET", f"/organizations/{{organization}}{rest}", endpoint, name),
    )


ROUTES: tuple[Route, ...] = (
    *_of_repository("", endpoints.get_repository, "repository"),
    *_of_repository("/pulls", endpoints.list_pulls, "pulls"),
    *_of_repository("/pulls/{number}", endpoints.get_pull, "pull"),
    *_of_repository("/pulls/{number}/reviews", endpoints.list_reviews, "reviews"),
    *_of_repository("/pulls/{number}/commits", endpoints.list_commits, "commits"),
    *_of_hooks("GET", "", hook_endpoints.list_hooks, "hooks"),
    *_of_hooks("POST", "", hook_endpoints.create_hook, "hooks"),
    *_of_hooks("GET", "/{hook}", hook_endpoints.get_hook, "hook"),
    *_of_hooks("PATCH", "/{hook}", hook_endpoints.change_hook, "hook"),
    *_of_hooks("DELETE", "/{hook}", hook_endpoints.delete_hook, "hook"),
    *_of_hooks("POST", "/{hook}/pings", hook_endpoints.ping_hook, "pings"),
    *_of_hooks("GET", "/{hook}/deliveries", hook_endpoints.list_deliveries, "deliveries"),
    *_of_hooks("GET", "/{hook}/deliveries/{delivery}", hook_endpoints.get_delivery, "delivery"),
    *_of_hooks("POST", "/{hook}/deliveries/{delivery}/attempts", hook_endpoints.redeliver, "attempts"),
    Route("GET", "/user", account_endpoints.get_user, "user", public=False),
    Route("GET", "/user/emails", account_endpoints.list_emails, "user_emails", public=False),
    Route("GET", "/user/repos", repository_lists.list_own, "user_repos", public=False),
    Route("GET", "/users/{user}/repos", repository_lists.list_of_user, "users_repos"),
    Route("GET", "/user/orgs", account_endpoints.list_user_organizations, "user_orgs", public=False),
    Route("GET", "/orgs/{organization}", endpoints.get_organization, "org"),
    Route("GET", "/orgs/{organization}/repos", endpoints.list_repositories, "org_repos"),
    Route("GET", "/organizations/{organization}/repos", endpoints.list_repositories, "org_repos"),
    *_of_members("/members", account_endpoints.list_members, "org_members"),
    *_of_members("/public_members", account_endpoints.list_public_members, "public_members"),
    Route("GET", "/users/{user}", account_endpoints.get_named_user, "users"),
    Route("GET", "/login/oauth/authorize", oauth_endpoints.show_authorize, "authorize"),
    Route("POST", "/login/oauth/authorize", oauth_endpoints.decide, "authorize"),
    Route("POST", "/login/oauth/access_token", oauth_endpoints.exchange, "access_token"),
    Route("DELETE", "/applications/{client_id}/token", oauth_endpoints.delete_token, "application_token"),
    Route("POST", "/graphql", graphql.post_query, "graphql"),
    Route("GET", "/rate_limit", endpoints.get_rate_limit, "rate_limit"),
)


def route(request: Request) -> tuple[Route, dict[str, str]] | None:
    for candidate in ROUTES:
        parts = candidate.match(request)
        if parts is not None:
            return candidate, parts
    return None

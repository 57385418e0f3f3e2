"""A user as it stands inside other objects, an organization, and the owner of the token."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..facts import User
from .addresses import API, WEB, node_id

_PREFIX = {"User": "U", "Bot": "BOT", "Organization": "O", "Mannequin": "M"}


def user(user: User | None) -> dict[str, Any] | None:
    if user is None:
        return None
    url = f"{API}/users/{quote(user.login)}"
    web = f"{WEB}/apps/{user.login.removesuffix('[bot]')}" if user.kind == "Bot" else f"{WEB}/{user.login}"
    return {
        "login": user.login,
        "id": user.id,
        "node_id": node_id(_PREFIX[user.kind], user.id),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{user.id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": web,
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": user.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def viewer(person: User) -> dict[str, Any]:
    """`GET /user` with a token that may not read the private parts."""
    return {
        **(user(person) or {}),
        "name": person.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "notification_email": None,
        "public_repos": 4,
        "public_gists": 0,
        "followers": 12,
        "following": 9,
        "created_at": "2016-02-11T09:30:00Z",
        "updated_at": "2024-05-20T16:02:41Z",
    }


def emails(person: User, known: tuple[tuple[str, bool], ...] | None) -> list[dict[str, Any]]:
    """`GET /user/emails`: addresses and whether each is verified, the primary one first."""
    hidden = f"{person.id}+{person.login}@users.noreply.github.com"
    if known is None:
        known = ((f"{person.login}@example.com", True), (hidden, True))
    return [
        {
            "email": email,
            "primary": place == 0,
            "verified": verified,
            "visibility": "private" if place == 0 else None,
        }
        for place, (email, verified) in enumerate(known)
    ]


def organization_simple(organization: User) -> dict[str, Any]:
    url = f"{API}/orgs/{organization.login}"
    return {
        "login": organization.login,
        "id": organization.id,
        "node_id": node_id("O", organization.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{organization.id}?v=4",
        "description": "",
    }


def organization(organization: User) -> dict[str, Any]:
    return {
        **organization_simple(organization),
        "name": organization.name,
        "company": organization.name,
        "blog": "",
        "location": "Bremen",
        "email": f"team@{organization.login}.example",
        "twitter_username": None,
        "is_verified": False,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": 1,
        "public_gists": 0,
        "followers": 31,
        "following": 0,
        "html_url": f"{WEB}/{organization.login}",
        "created_at": "2019-03-04T08:00:00Z",
        "updated_at": "2024-01-09T10:11:12Z",
        "archived_at": None,
        "type": "Organization",
    }

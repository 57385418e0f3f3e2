"""Whose token it is, and the organisations that it opens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from apps.integrations.services.github_oauth import scopes_of
from ingest.github.answer import Answer
from ingest.github.client import GitHubClient
from ingest.github.errors import Forbidden, NotFoundOrNoPermission, UnexpectedAnswer
from ingest.github.limits import Rate

# GitHub's own rule allows less; Enterprise Managed Users have an underscore.
LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Account:
    """The owner of a token. `scopes`: None where GitHub does not tell, as for a fine-grained token.

    `rate`: the quota after asking; None where there are no limits.
    """

    id: int
    login: str
    scopes: list[str] | None
    rate: Rate | None


@dataclass(frozen=True)
class Organization:
    """What a team can be connected to. `is_personal`: the account of the token's owner."""

    id: int
    login: str
    is_personal: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "login": self.login, "is_personal": self.is_personal}


def owner(client: GitHubClient) -> Account:
    """Raises a GitHubError."""
    answer = client.get("user")
    found = _named(answer, answer.json())
    scopes = answer.headers.get("X-OAuth-Scopes")
    return Account(found.id, found.login, None if scopes is None else scopes_of(scopes), answer.rate)


def organizations(client: GitHubClient, account: Account) -> tuple[list[Organization], Rate | None]:
    """By name, with the account itself at the end; and the quota after asking.

    Only the account where the token may not list organisations, or is fine-grained: to one GitHub gives an
    empty list. Raises a GitHubError.
    """
    found: list[Organization] = []
    rate = account.rate
    try:
        for page in client.pages("user/orgs"):
            value, rate = page.json(), page.rate
            found += [_named(page, item) for item in (value if isinstance(value, list) else [None])]
    except (Forbidden, NotFoundOrNoPermission):
        found = []
    found.sort(key=lambda organization: organization.login.lower())
    return [*found, Organization(account.id, account.login, is_personal=True)], rate


def organization_named(client: GitHubClient, login: str) -> Organization:
    """Raises NotFoundOrNoPermission, also for what is no name, or another GitHubError."""
    if not LOGIN.fullmatch(login):
        raise NotFoundOrNoPermission("That is no name of an organisation.")
    answer = client.get(f"orgs/{login}")
    return _named(answer, answer.json())


def known(rows: Any) -> list[Organization]:
    """What `to_json` made of them."""
    return [Organization(**row) for row in rows]


def _named(answer: Answer, value: Any) -> Organization:
    number, login = (value.get("id"), value.get("login")) if isinstance(value, dict) else (None, None)
    if type(number) is int and 0 < number < 2**63 and isinstance(login, str) and LOGIN.fullmatch(login):
        return Organization(number, login)
    raise UnexpectedAnswer(
        f"GitHub answered {answer.url} with something other than accounts.",
        url=answer.url,
        status=answer.status,
        request_id=answer.request_id,
    )

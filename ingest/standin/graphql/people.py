"""Actors: a bot's login lacks the `[bot]` that REST writes; an account that was deleted is null."""

from __future__ import annotations

from ..facts import User
from ..shapes.user import user
from .asking import Shape

_LARGEST_INT = 2**31 - 1  # `Int` has 32 bits


def actor(person: User | None) -> Shape | None:
    if person is None:
        return None
    rest = user(person) or {}
    return {
        "__typename": person.kind,
        "databaseId": database_id(person.id),
        "id": rest["node_id"],
        "login": person.login.removesuffix("[bot]") if person.kind == "Bot" else person.login,
        "name": person.name or None,
        "url": rest["html_url"],
    }


def git_user(person: User | None) -> Shape | None:
    """Whose e-mail a commit has. The field's type is `User`, for bots too: their login is REST's here."""
    shape = actor(person)
    if person is None or shape is None:
        return None
    return {**shape, "__typename": "User", "login": person.login}


def database_id(value: int) -> int | None:
    """None beyond 32 bits, where only `fullDatabaseId` still tells it."""
    return value if value <= _LARGEST_INT else None

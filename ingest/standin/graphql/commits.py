"""Commits, in the order of the pull request; GraphQL lists all of them, where REST stops at 250."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from .. import chance
from ..facts import Commit, Pull, Repository
from ..shapes.addresses import instant, node_id
from .asking import Shape
from .connections import Page
from .people import git_user

# Where people work. Git keeps their offset, GitTimestamp tells it, everything else is in UTC.
_OFFSETS = (-420, -180, 0, 60, 120, 330)


def commits(pull: Pull, place: Repository, arguments: dict[str, Any]) -> Shape:
    page = Page(pull.commits, arguments)
    return page.connection(
        lambda item: {
            "id": node_id("PURC", place.id, pull.id, item.sha),
            "commit": commit(item, place),
        }
    )


def commit(item: Commit, place: Repository) -> Shape:
    who = git_user(item.author)
    return {
        "additions": item.additions,
        "author": _git_actor(item, who, item.authored_at),
        "authoredDate": instant(item.authored_at),
        "committedDate": instant(item.committed_at),
        "committer": _git_actor(item, who, item.committed_at),
        "deletions": item.deletions,
        "id": node_id("C", place.id, item.sha),
        "message": item.message,
        "oid": item.sha,
        "parents": lambda info, **arguments: Page([item.parent], arguments).connection(
            lambda sha: only_oid(sha, place)
        ),
    }


def only_oid(sha: str, place: Repository) -> Shape:
    """A commit of which the world knows no more than its name: a merge, or what lies below the first one."""
    return {"id": node_id("C", place.id, sha), "oid": sha}


def _git_actor(item: Commit, who: Shape | None, at: datetime) -> Shape:
    return {"date": _git_timestamp(at, item.name), "email": item.email, "name": item.name, "user": who}


def _git_timestamp(at: datetime, name: str) -> str:
    offset = timedelta(minutes=_OFFSETS[chance.number(len(_OFFSETS), "offset", name)])
    if not offset:
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return at.astimezone(timezone(offset)).isoformat(timespec="seconds")

"""The repository that a name means today."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from ingest.github.answer import Answer
from ingest.github.errors import NotFoundOrNoPermission, UnexpectedAnswer

# GitHub's own rules are narrower; these keep a name from becoming another address.
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*/[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*")

OWNER = re.compile(r"[A-Za-z0-9_-]+")

Get = Callable[[str], Answer]


class Repository(NamedTuple):
    """`full_name`: as GitHub writes it now, whatever name was asked for. `asked_at`: the answer's `Date`."""

    id: int
    full_name: str
    owner: str
    owner_id: int
    asked_at: datetime | None


def find(get: Get, full_name: str) -> Repository:
    """Follows a rename or transfer. `full_name` matches NAME. Raises a GitHubError."""
    return _read(get(f"repos/{full_name}"))


def find_again(get: Get, repository_id: int, full_name: str) -> Repository:
    """The repository of that id, which was last called `full_name`. Raises a GitHubError."""
    try:
        found: Repository | None = find(get, full_name)
    except NotFoundOrNoPermission:
        found = None
    if found is None or found.id != repository_id:
        # Another repository took the old name, which ends GitHub's redirect. This address is the one that
        # GitHub's own redirects and page links use.
        found = _read(get(f"repositories/{repository_id}"))
    return found


def _read(answer: Answer) -> Repository:
    value: Any = answer.json()
    try:
        repository_id, name, owner = value["id"], value["full_name"], value["owner"]
        found = Repository(int(repository_id), str(name), str(owner["login"]), int(owner["id"]), answer.date)
    except (KeyError, TypeError, ValueError):
        problem = f"GitHub answered {answer.url} with something other than a repository."
    else:
        return found
    raise UnexpectedAnswer(problem, url=answer.url, status=answer.status, request_id=answer.request_id)

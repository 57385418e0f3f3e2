"""Commits of a pull request: chained, each a few minutes to hours after its parent."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from . import chance, words
from .facts import Commit, User


def chain(
    dice: Random, key: tuple[object, ...], parent: str, author: User | None, until: datetime, count: int
) -> list[Commit]:
    """`count` commits on top of `parent`, the last one shortly before `until`."""
    commits = []
    at = until - timedelta(seconds=dice.randint(20, 900) + 1200 * (count - 1))
    for index in range(count):
        sha = chance.sha("commit", *key, index)
        commits.append(
            Commit(
                sha=sha,
                parent=parent,
                message=words.message(dice),
                name=author.name or author.login if author else "Somebody Else",
                email=author.email if author else "somebody@localhost.localdomain",
                author=author,
                empty_author=False,
                authored_at=at - timedelta(seconds=dice.choice((0, 0, 0, 1800))),
                committed_at=at,
                additions=int(dice.lognormvariate(3.2, 1.2)),
                deletions=int(dice.lognormvariate(2.2, 1.3)),
            )
        )
        parent = sha
        at += timedelta(seconds=dice.randint(60, 1200))
    return commits

"""Commits: shared by streams, so each stream keeps what it knows on its link, and the row is made from all
links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from apps.metrics.processors.fold import Won

from .text import storable

TIMES = ("authored_at", "committed_at")
TEXTS = ("author_login", "author_kind", "message")
NUMBERS = ("author_github_id", "additions", "deletions")


class Link(NamedTuple):
    """What one stream knows of one sha. `facts` as in `PullRequestCommit.facts`."""

    facts: str
    removed: bool


class Place(NamedTuple):
    """Where a link is from: the pull request whose stream it belongs to."""

    github_repo_id: int
    number: int


# One layer of a link's facts: instant (100 ns ticks, -1 unknown), digest, the fields that it won.
LinkLayer = tuple[int, str, dict[str, Any]]
_decode = msgspec.json.Decoder(list[LinkLayer]).decode


def facts_of(won: Mapping[str, Won]) -> str:
    """The winning fields grouped by the event that gave them, newest first, as compact JSON."""
    layers: dict[tuple[int, str], dict[str, Any]] = {}
    for name, field in won.items():
        # 16 digits of the hash order two events of one instant as well as 64 do.
        place = (field.order.instant, field.order.digest[:16])
        layers.setdefault(place, {})[name] = storable(field.value)
    ordered = [(*place, dict(sorted(layers[place].items()))) for place in sorted(layers, reverse=True)]
    return msgspec.json.encode(ordered).decode()


def layers_of(facts: str) -> list[LinkLayer]:
    return _decode(facts)


def parents_of(won: Mapping[str, Won]) -> list[str]:
    return won["parents"].value if "parents" in won else []


def reachable(head: str, parents: Mapping[str, Iterable[str]]) -> set[str]:
    """The held commits that `head` leads to; empty where the head itself is not held."""
    found: set[str] = set()
    ahead = [head] if head in parents else []
    while ahead:
        sha = ahead.pop()
        if sha not in found:
            found.add(sha)
            ahead.extend(parent for parent in parents[sha] if parent in parents)
    return found


def merged(links: Mapping[Place, Link]) -> dict[str, Any]:
    """The Commit row's facts: per field the greatest of all links, the place the lowest that reaches it.

    A link in a repository's own stream (number 0) is of a version that took commits of no known pull request.
    """
    best: dict[str, tuple[tuple[int, str], Any]] = {}
    for link in links.values():
        for instant, digest, fields in layers_of(link.facts):
            for name, value in fields.items():
                if name not in best or best[name][0] < (instant, digest):
                    best[name] = ((instant, digest), value)
    row: dict[str, Any] = {name: _time(best[name][1]) if name in best else None for name in TIMES}
    row |= {name: (best[name][1] or "") if name in best else "" for name in TEXTS}
    row |= {name: best[name][1] if name in best else None for name in NUMBERS}
    counting = [place for place, link in links.items() if place.number and not link.removed]
    lowest = min(counting or links)
    return row | {
        "github_repo_id": lowest.github_repo_id,
        "number": lowest.number if counting else None,
        "from_events": True,
    }


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

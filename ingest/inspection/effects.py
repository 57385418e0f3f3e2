"""What one event changed in the tables, and if nothing, why: in a plain sentence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ingest.log import streams
from ingest.routing import HANDLED

from .event import EventFacts
from .explain import Explanation, explain
from .why import Why

# A stream that holds more is not folded for a page.
MOST_EVENTS = 2_000
MOST_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Change:
    """A field that an event set. `stored` is what the row has where that differs."""

    row: str
    name: str
    value: Any
    stored: Any
    differs: bool


@dataclass(frozen=True)
class Effects:
    """`sentence` says what became of the event. `changes` are the fields that it set, `commits` the shas that
    it carries. `known` is False where the stream was not folded."""

    sentence: str
    changes: list[Change] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)
    known: bool = True


def effects_of(event: Any, facts: EventFacts) -> Effects:
    """Takes an event from `find_event` and its facts. Folds its stream, writes nothing."""
    status = facts.line.status
    if event.event_type not in HANDLED or status.name in ("parked", "skipped", "pending"):
        return Effects(_sentence_of(status.name, status.reason), known=status.name != "pending")
    if not event.number:
        return Effects("It is about the repository, not about one pull request: its name is read from it.")
    if facts.stream and (facts.stream.events > MOST_EVENTS or facts.stream.bytes > MOST_BYTES):
        return Effects(
            f"Its pull request has {facts.stream.events:,} events, too many to fold for a page: "
            "manage.py events explain shows it.",
            known=False,
        )
    key = (event.team_id, event.repository_id, event.number)
    if key not in streams.counts([key]):
        return Effects("Its stream is gone.", known=False)
    found = explain(key)
    changes = list(_changes(event.pk, found))
    commits = [commit.sha for commit in found.commits if event.pk in commit.event_ids]
    return Effects(_sentence(event.pk, found, changes, commits), changes, commits)


def _changes(event_id: int, found: Explanation) -> list[Change]:
    groups: list[tuple[str, list[Why]]] = [("pull request", found.fields)]
    groups += [(f"review {review.review_id}", review.fields) for review in found.reviews]
    return [
        Change(row, why.name, why.value, why.stored, why.differs)
        for row, fields in groups
        for why in fields
        if why.event_id == event_id
    ]


def _sentence(event_id: int, found: Explanation, changes: list[Change], commits: list[str]) -> str:
    if changes:
        many = "fields have" if len(changes) > 1 else "field has"
        return f"Applied: {len(changes)} {many} the value that this event told."
    if commits:
        many = f"{len(commits)} commits" if len(commits) > 1 else "a commit"
        return f"Applied: it tells of {many} of this pull request."
    reasons = Counter(
        lost.reason
        for fields in (found.fields, *(review.fields for review in found.reviews))
        for why in fields
        for lost in why.lost
        if lost.event_id == event_id and not lost.reason.startswith("lacks the key")
    )
    if reasons:
        reason = reasons.most_common(1)[0][0]
        return f"{reason[0].upper()}{reason[1:]}. It sets no field now."
    return "Applied: it sets no field now, since newer events tell all that it tells."


def _sentence_of(status: str, reason: str) -> str:
    told = {
        "ignored": "Ignored on purpose",
        "unhandled": "Kept, and not understood yet",
        "pending": "Not applied yet",
        "parked": "Parked, the rest of its stream was applied",
        "skipped": "Skipped",
    }[status]
    return f"{told}: {reason}." if reason else f"{told}."

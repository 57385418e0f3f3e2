"""The list of stored events, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ingest.models import RawGitHubEvent

from .status import Status, having, statuses, with_status

COLUMNS = (
    "id",
    "team_id",
    "source",
    "event_type",
    "action",
    "endpoint",
    "repository_id",
    "repository_name",
    "number",
    "actor",
    "size",
    "received_at",
    "occurred_at",
    "instant",
)


@dataclass(frozen=True)
class EventLine:
    """One event in a list. `time`: when it came or was fetched, else when GitHub sent it; `size` in bytes."""

    id: int
    team_id: int
    time: datetime | None
    source: str
    event_type: str
    action: str
    endpoint: str
    repository: str
    repository_id: int
    number: int
    actor: str
    size: int
    status: Status

    @property
    def kind(self) -> str:
        return f"{self.event_type}.{self.action}" if self.action else self.event_type

    @property
    def place(self) -> str:
        return f"{self.repository}#{self.number}" if self.number else self.repository


@dataclass(frozen=True)
class Page:
    """`before` is the id to ask the next page with; None where this is the last."""

    events: list[EventLine]
    before: int | None


def page(
    events: QuerySet[RawGitHubEvent],
    *,
    names: Iterable[str] = (),
    limit: int = 50,
    before: int | None = None,
) -> Page:
    """A page of these events, newest first, those of some statuses only where `names` has any.

    Pages by id, so what is stored meanwhile moves nothing. No body is read.
    """
    names = list(names)
    found = having(events, names) if names else with_status(events)
    if before is not None:
        found = found.filter(id__lt=before)
    rows = list(found.only(*COLUMNS).order_by("-id")[: limit + 1])
    more = len(rows) > limit
    shown = rows[:limit]
    return Page(lines(shown), shown[-1].id if more else None)


def lines(events: Sequence[RawGitHubEvent]) -> list[EventLine]:
    """Events from `with_status` as lines."""
    known = statuses(events)
    return [line(event, known[event.pk]) for event in events]


def line(event: RawGitHubEvent, status: Status) -> EventLine:
    return EventLine(
        id=event.pk,
        team_id=event.team_id,
        time=event.received_at or event.instant_at or event.occurred_at,
        source=event.source,
        event_type=event.event_type,
        action=event.action,
        endpoint=event.endpoint,
        repository=event.repository_name or (str(event.repository_id) if event.repository_id else ""),
        repository_id=event.repository_id,
        number=event.number,
        actor=event.actor,
        size=event.size,
        status=status,
    )

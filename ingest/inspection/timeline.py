"""The timeline of a pull request: every raw event of it in GitHub's order, from all sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingest.log.streams import StreamKey
from ingest.models import RawGitHubEvent

from .comparison import is_bare
from .listing import COLUMNS
from .order import time_of
from .status import Status, statuses, with_status

_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Moment:
    """One event. `time`: GitHub's own of what happened, else the message's, else its arrival.

    `same_as` is the id of an earlier event whose bytes are the same of the same object, else None.
    """

    id: int
    time: datetime | None
    source: str
    event_type: str
    what: str
    object_id: str
    actor: str
    status: Status
    same_as: int | None


def timeline(key: StreamKey) -> list[Moment]:
    """Everything stored of one pull request. No body is read."""
    team_id, repository_id, number = key
    events = RawGitHubEvent.objects.filter(team_id=team_id, repository_id=repository_id, number=number)
    rows = list(with_status(events).only(*COLUMNS, "object_id", "sha256"))
    rows.sort(key=_place)
    known = statuses(rows)
    first: dict[tuple[str, str, str], int] = {}
    return [_moment(event, known[event.pk], first) for event in rows]


def _moment(event: Any, status: Status, first: dict[tuple[str, str, str], int]) -> Moment:
    content = (event.event_type, event.object_id, event.sha256)
    same_as = first.setdefault(content, event.pk)
    return Moment(
        id=event.pk,
        time=time_of(event),
        source=event.source,
        event_type=event.event_type,
        what=what_happened(event),
        object_id=event.object_id,
        actor=event.actor,
        status=status,
        same_as=None if same_as == event.pk else same_as,
    )


def _place(event: Any) -> tuple[datetime, int, str, int]:
    instant = -1 if event.instant is None else event.instant
    # GitHub's own times have whole seconds; within one the messages tell what came first.
    second = (time_of(event) or _FIRST).replace(microsecond=0)
    return second, instant, event.sha256, event.pk


def what_happened(event: Any) -> str:
    """The action of a delivery; of a fetched object, that it was fetched and from which list."""
    if is_bare(event):
        return f"fetched ({event.endpoint})" if event.endpoint else "fetched"
    return str(event.action or event.event_type)

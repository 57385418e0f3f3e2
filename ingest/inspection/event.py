"""One stored event: who sent what when, how it is stored, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.log import streams
from ingest.models import ParkedEvent, RawGitHubEvent
from ingest.replay.scope import UnknownScope

from .headers import masked, signature
from .listing import EventLine, line
from .status import statuses, with_status


@dataclass(frozen=True)
class Attempts:
    """Why an event is parked; `whole_stream`: the database or a formula refused the rows of its stream."""

    whole_stream: bool
    error: str
    path: str
    message: str
    traceback: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class StreamFacts:
    """`applied` is -1 where events were moved in or out, and all are to be read again. `bytes`: packed."""

    repository_id: int
    number: int
    events: int
    applied: int
    pending: int
    version: int
    bytes: int


@dataclass(frozen=True)
class EventFacts:
    """What is known of an event without its body. Sizes in bytes; headers with their secrets masked.

    `request` holds the answer's facts of a fetched event, else None. `signature` names the header that signed
    a delivery; whether it fitted was checked before it was stored.
    """

    line: EventLine
    team: str
    object_id: str
    repository_id: int
    named: str
    delivery_id: str | None
    headers: dict[str, str]
    signature: str
    request: dict[str, Any] | None
    received_at: datetime | None
    occurred_at: datetime | None
    instant_at: datetime | None
    sha256: str
    size: int
    stored_size: int
    codec: str
    stream: StreamFacts | None
    attempts: list[Attempts]

    @property
    def is_delivery(self) -> bool:
        """Whether GitHub made it a delivery, however it reached us."""
        return self.request is None or self.delivery_id is not None


def find_event(event_id: int) -> Any:
    """The event with its status, team and request. Raises `UnknownScope` where there is none."""
    events = with_status(RawGitHubEvent.objects.select_related("team", "fetch"))
    event = events.filter(pk=event_id).first()
    if event is None:
        raise UnknownScope(f"no stored event has the id {event_id}")
    return event


def facts_of(event: Any) -> EventFacts:
    """Takes an event from `find_event`."""
    return EventFacts(
        line=line(event, statuses([event])[event.pk]),
        team=event.team.slug,
        object_id=event.object_id,
        repository_id=event.repository_id,
        named=_named(event),
        delivery_id=event.delivery_id,
        headers=masked(event.headers),
        signature=signature(event.headers),
        request=_request(event),
        received_at=event.received_at,
        occurred_at=event.occurred_at,
        instant_at=event.instant_at,
        sha256=event.sha256,
        size=event.size,
        stored_size=len(event.packed),
        codec=event.codec,
        stream=_stream(event),
        attempts=_attempts(event),
    )


def _named(event: RawGitHubEvent) -> str:
    """What the request or the import line named, which the body may contradict."""
    if event.named_repository_id is None and not event.named_repository:
        return ""
    number = f"#{event.named_number}" if event.named_number else ""
    return f"{event.named_repository}{number} (id {event.named_repository_id})"


def _request(event: RawGitHubEvent) -> dict[str, Any] | None:
    fetch = event.fetch
    if fetch is None:
        return None
    return {
        "url": fetch.url,
        "status": fetch.status,
        "etag": fetch.etag,
        "request_id": fetch.request_id,
        "answered_at": fetch.answered_at,
        "truncated": fetch.truncated,
        "run": fetch.run_id,
        **fetch.details,
    }


def _stream(event: RawGitHubEvent) -> StreamFacts | None:
    key = (event.team_id, event.repository_id, event.number)
    found = streams.counts([key]).get(key)
    if found is None:
        return None
    return StreamFacts(
        repository_id=event.repository_id,
        number=event.number,
        events=found.events,
        applied=found.applied,
        pending=found.events - max(found.applied, 0),
        version=found.version,
        bytes=found.bytes,
    )


def _attempts(event: RawGitHubEvent) -> list[Attempts]:
    of_stream = {
        "event": None,
        "stream__team_id": event.team_id,
        "stream__repository_id": event.repository_id,
        "stream__number": event.number,
    }
    rows = [*ParkedEvent.objects.filter(event=event), *ParkedEvent.objects.filter(**of_stream)]
    return [
        Attempts(
            whole_stream=row.event_id is None,
            error=row.error,
            path=row.path,
            message=row.message,
            traceback=row.traceback,
            count=row.attempts,
            first_at=row.first_at,
            last_at=row.last_at,
        )
        for row in rows
    ]

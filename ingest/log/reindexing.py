"""Recomputing the derived columns of stored events, after the code that derives them changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from ingest.models import ParkedEvent, RawGitHubEvent
from ingest.models.event import DERIVED

from . import streams
from .facts import NewEvent
from .pages import pages
from .placing import Derived, derive
from .streams import Growth, StreamKey


@dataclass
class Reindexed:
    """`changed` events got other columns, `moved` of them another stream; `streams` are to be replayed."""

    events: int = 0
    changed: int = 0
    moved: int = 0
    streams: set[StreamKey] = field(default_factory=set)

    def as_json(self) -> dict[str, Any]:
        return {
            "events": self.events,
            "changed": self.changed,
            "moved": self.moved,
            "streams": len(self.streams),
        }


def reindex(found: QuerySet[RawGitHubEvent], step: Callable[[Reindexed], Any] | None = None) -> Reindexed:
    """Derive the columns of these events again, one transaction a page; `step` is called after each.

    Can be called again at any time: what is right is not written. Raises django.db.Error.
    """
    done = Reindexed()
    for page in pages(found):
        done.events += len(page)
        changed = {event.pk: derived for event in page if (derived := _derived(event)) != _stored(event)}
        if changed:
            _write([event for event in page if event.pk in changed], changed, done)
        if step:
            step(done)
    return done


def _derived(event: RawGitHubEvent) -> Derived:
    return derive(
        NewEvent(
            source=event.source,
            event_type=event.event_type,
            body=event.body,
            action=event.action,
            delivery_id=event.delivery_id,
            headers=event.headers,
            endpoint=event.endpoint,
            repository_id=event.named_repository_id,
            repository=event.named_repository,
            number=event.named_number,
            received_at=event.received_at,
        )
    )


def _stored(event: RawGitHubEvent) -> Derived:
    return Derived(*(getattr(event, name) for name in DERIVED))


def _key(team_id: int, derived: Derived) -> StreamKey:
    return team_id, derived.repository_id, derived.number


def _write(events: Sequence[RawGitHubEvent], changed: dict[int, Derived], done: Reindexed) -> None:
    """Streams that lose, get or keep a changed event are read again: its place in the order may differ."""
    before = {event.pk: _key(event.team_id, _stored(event)) for event in events}
    after = {event.pk: _key(event.team_id, changed[event.pk]) for event in events}
    with transaction.atomic():
        held = streams.hold({*before.values(), *after.values()})
        # Under the locks: a purge may have taken an event since it was read, another call may have moved it.
        places = RawGitHubEvent.objects.filter(pk__in=changed).values_list(
            "pk", "team_id", "repository_id", "number"
        )
        same = {pk for pk, *key in places if tuple(key) == before[pk]}
        events = [event for event in events if event.pk in same]
        for event in events:
            for name, value in zip(DERIVED, changed[event.pk], strict=True):
                setattr(event, name, value)
        RawGitHubEvent.objects.bulk_update(events, DERIVED, batch_size=100)
        moved = [event for event in events if before[event.pk] != after[event.pk]]
        growth: dict[StreamKey, Growth] = {}
        for event in moved:
            _add(growth, before[event.pk], -1, -len(event.packed))
            _add(growth, after[event.pk], 1, len(event.packed))
            parked = ParkedEvent.objects.filter(event_id=event.pk)
            # Left behind, it would stand in the way when a replay parks the event in its new stream.
            parked.update(stream_id=held[after[event.pk]].id)
        streams.grow(growth)
        touched = {place[event.pk] for event in events for place in (before, after)}
        streams.reread(touched)
    done.changed += len(events)
    done.moved += len(moved)
    done.streams |= touched


def _add(growth: dict[StreamKey, Growth], key: StreamKey, events: int, size: int) -> None:
    known = growth.get(key, Growth(0, 0, 0))
    growth[key] = Growth(known.events + events, 0, known.bytes + size)

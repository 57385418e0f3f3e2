"""GitHub's order of the events about one object: what decides is written in the events (law 5)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from apps.metrics.processors.fields import review_step
from apps.metrics.processors.fold import NEVER, UNKNOWN, Order
from ingest import shapes
from ingest.log.placing import FETCHED
from ingest.models import RawGitHubEvent
from ingest.shapes import StoredEvent


def versions(event: RawGitHubEvent) -> list[RawGitHubEvent]:
    """All stored events of the same object, oldest version first; only the event itself where it has none."""
    if not event.object_id:
        return [event]
    same = ("team_id", "repository_id", "number", "event_type", "object_id")
    found = RawGitHubEvent.objects.filter(**{name: getattr(event, name) for name in same})
    if event.event_type != "pull_request_review":
        found = found.defer("packed")
    return sorted(found, key=lambda each: (place(each), each.pk))


def previous(event: RawGitHubEvent) -> RawGitHubEvent | None:
    """The version before this one; None where this is the first that is stored."""
    found = versions(event)
    at = [each.pk for each in found].index(event.pk)
    return found[at - 1] if at else None


def place(event: RawGitHubEvent) -> Order:
    """The event's place among those of its object, as the fold has it."""
    instant = UNKNOWN if event.instant is None else event.instant
    return Order(_own(event), instant, event.sha256)


def _own(event: RawGitHubEvent) -> Any:
    """What the object itself says of its age: a pull request's `updated_at`, how far a review has come."""
    if event.event_type == "pull_request":
        return event.occurred_at or NEVER
    if event.event_type == "pull_request_review":
        try:
            ((_, payload),) = shapes.decode(stored(event))
            return review_step(payload.review)
        except ValueError:  # parked: it has no say in the fold and is shown first
            return UNKNOWN
    return 0


def stored(event: RawGitHubEvent) -> StoredEvent:
    """The event as the shapes take it."""
    facts = {name: getattr(event, name) for name in StoredEvent._fields}
    return StoredEvent(**facts | {"headers": json.dumps(event.headers)})


def time_of(event: RawGitHubEvent) -> datetime | None:
    """When it happened, as far as anybody said: GitHub's own time, else the message's, else its arrival."""
    if event.event_type == "pull_request" or event.source in FETCHED:
        return event.occurred_at or event.instant_at or event.received_at
    # The delivery of a dismissal or an edit repeats the time at which the review was submitted.
    return event.instant_at or event.occurred_at or event.received_at

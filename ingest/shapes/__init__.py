"""Every stored body in the delivery's shape, one file per kind of source: processors know one shape only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.metrics.processors import Unreadable
from ingest.routing import OBJECTS

from . import delivery, graphql, rest
from .stored import StoredEvent

SOURCES = {
    "webhook": delivery.decode,
    "import": delivery.decode,
    "rest": rest.decode,
    "graphql": graphql.decode,
}

UNPLACED = (
    "it is not known of which pull request this is: the body doesn't say, and no number was named with it "
    "(`pr_number` of a bundle's line)"
)


def decode(event: StoredEvent) -> Sequence[tuple[str, Any]]:
    """What the event tells: decoded payloads, each with the event type whose processor takes it.

    One but for a node of GraphQL, which tells of several objects. Raises `Unreadable`, also for a pull
    request, review or commit in a stream of number 0: it is no event of the repository.
    """
    shape = SOURCES.get(event.source)
    if shape is None:
        raise Unreadable("", f"no shape is known for events of source {event.source!r}")
    told = shape(event)
    # Last: where the body has a fault, that says more than that it gives no number.
    if event.event_type in OBJECTS and not event.number:
        raise Unreadable("", UNPLACED)
    return told


__all__ = ["StoredEvent", "decode"]

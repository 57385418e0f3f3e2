"""Every stored body in the delivery's shape, one file per kind of source: processors know one shape only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.metrics.processors import Unreadable

from . import delivery, graphql, rest
from .stored import StoredEvent

SOURCES = {
    "webhook": delivery.decode,
    "import": delivery.decode,
    "rest": rest.decode,
    "graphql": graphql.decode,
}


def decode(event: StoredEvent) -> Sequence[tuple[str, Any]]:
    """What the event tells: decoded payloads, each with the event type whose processor takes it.

    One but for a node of GraphQL, which tells of several objects. Raises `Unreadable`.
    """
    shape = SOURCES.get(event.source)
    if shape is None:
        raise Unreadable("", f"no shape is known for events of source {event.source!r}")
    return shape(event)


__all__ = ["StoredEvent", "decode"]

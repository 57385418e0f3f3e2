"""Every stored body in the delivery's shape, one file per kind of source: processors know one shape only."""

from __future__ import annotations

from typing import Any

from apps.metrics.processors import Unreadable

from . import delivery, rest
from .stored import StoredEvent

SOURCES = {"webhook": delivery.decode, "import": delivery.decode, "rest": rest.decode}


def decode(event: StoredEvent) -> Any:
    """The decoded payload that the event type's processor takes. Raises `Unreadable`."""
    shape = SOURCES.get(event.source)
    if shape is None:
        raise Unreadable("", f"no shape is known for events of source {event.source!r}")
    return shape(event)


__all__ = ["StoredEvent", "decode"]

"""A new event's row: the facts as they are, and the columns derived from them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import NamedTuple

from . import content, envelope, instants
from .envelope import Envelope
from .facts import NewEvent
from .streams import StreamKey

# Their instant is when the API answered. A delivery's is the time inside its id, and unknown where there is
# none: when it reached us decides nothing.
FETCHED = ("rest", "graphql")


class Derived(NamedTuple):
    """The derived columns of an event, in the order of `ingest.models.event.DERIVED`."""

    repository_id: int
    repository_name: str
    number: int
    object_id: str
    actor: str
    occurred_at: datetime | None
    instant: int | None


class Placed(NamedTuple):
    """An event ready to be stored."""

    event: NewEvent
    key: StreamKey
    sha256: str
    packed: bytes
    codec: str
    derived: Derived


def place(team_id: int, event: NewEvent) -> Placed:
    derived = derive(event)
    packed, codec = content.pack(event.body)
    digest = hashlib.sha256(event.body).hexdigest()
    key = (team_id, derived.repository_id, derived.number)
    return Placed(event, key, digest, packed, codec, derived)


def derive(event: NewEvent) -> Derived:
    """What the body says, else what the request or the line named. Never fails."""
    found = _read(event)
    if event.source in FETCHED:
        instant = instants.of_time(event.received_at)
    else:
        instant = instants.of_delivery(event.delivery_id)
    return Derived(
        found.repository_id or event.repository_id or 0,
        found.repository_name or event.repository,
        found.number or event.number or 0,
        found.object_id,
        found.actor,
        found.occurred_at,
        instant,
    )


def _read(event: NewEvent) -> Envelope:
    text = content.json_bytes(event.body, event.headers)
    if event.source == "graphql":
        return envelope.of_node(text)
    if event.source in FETCHED:
        return envelope.of_object(event.event_type, text)
    return envelope.of_delivery(event.event_type, text)

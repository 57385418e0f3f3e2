"""An event as a row of the log's table."""

from __future__ import annotations

from typing import Any

from ingest.models.event import DERIVED, FACTS

from .placing import Placed

COLUMNS = (*FACTS, *DERIVED)


def row(team_id: int, placed: Placed, fetch_id: int | None) -> tuple[Any, ...]:
    """The values of COLUMNS."""
    e = placed.event
    return (
        team_id,
        e.source,
        e.event_type,
        e.action,
        # The unique constraint takes an empty text for an id.
        e.delivery_id or None,
        dict(e.headers),
        fetch_id,
        e.endpoint,
        e.repository_id,
        e.repository,
        e.number,
        e.received_at,
        placed.sha256,
        placed.packed,
        placed.codec,
        len(e.body),
        *placed.derived,
    )

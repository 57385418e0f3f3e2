"""Storing and processing made-up events in tests."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection

from apps.metrics.processors import StreamState
from apps.metrics.projection.project import Projection, project
from apps.teams.models import Team
from ingest.log.append import Appended, append
from ingest.log.facts import NewEvent
from ingest.log.placing import place
from ingest.log.streams import StreamKey
from ingest.models import Stream
from ingest.replay.processing import Processed, process
from ingest.routing import HANDLED
from ingest.shapes import StoredEvent, decode


def all_streams() -> list[StreamKey]:
    return list(
        Stream.objects.order_by("team_id", "repository_id", "number").values_list(
            "team_id", "repository_id", "number"
        )
    )


def store(team: Team, *events: NewEvent, imported: bool = False) -> Appended:
    return append(team, events, imported=imported)


def store_and_process(team: Team, *events: NewEvent) -> Processed:
    """What a live delivery does: store, then process the streams that grew."""
    return process(sorted(store(team, *events).streams))


def folded(team: Team, *events: NewEvent) -> Projection:
    """What the events yield together, as one stream: no database is asked."""
    state: StreamState | None = None
    for i, event in enumerate(events, 1):
        p = place(team.pk, event)
        if state is None:
            state = StreamState(*p.key)
        found = StoredEvent(
            *p.key, i, event.source, event.event_type, event.action, p.sha256, p.derived.instant,
            p.derived.repository_name, p.packed, p.codec, "{}",
        )  # fmt: skip
        state.for_event(i, p.derived.instant, p.sha256)
        for event_type, payload in decode(found):
            HANDLED[event_type](team, payload, into=state)
    assert state is not None
    return project(state)


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, to see that something wrote nothing."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted((_plain(row) for row in cursor.fetchall()), key=repr)
    return found


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)

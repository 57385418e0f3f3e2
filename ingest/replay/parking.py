"""Parked events: rows that somebody can see and retry."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from apps import sql
from apps.metrics.projection.text import storable
from ingest.log.streams import StreamKey
from ingest.models import ParkedEvent

from .folding import Failure, Folded

Place = tuple[int, int | None]

# What a row says of the failure, in the order of `_columns`.
TOLD = ("event_type", "action", "error", "message", "path", "place", "traceback")


def park(folded: Mapping[StreamKey, Folded]) -> int:
    """Make the parked rows of these streams what their folds said; returns how many are parked now."""
    stored = _stored({f.counts.id for f in folded.values()})
    failed = {(f.counts.id, x.event_id): (key[0], x) for key, f in folded.items() for x in f.failures}
    if not stored and not failed:
        return 0
    mended = [pk for place, (pk, _) in stored.items() if place not in failed]
    if mended:
        ParkedEvent.objects.filter(pk__in=mended).delete()
    now = timezone.now()
    again = [
        (stored[place][0], team_id, *place, *_columns(x).values(), stored[place][1] + 1, now, now)
        for place, (team_id, x) in failed.items()
        if place in stored
    ]
    named = ("id", "team_id", "stream_id", "event_id", *TOLD, "attempts", "first_at", "last_at")
    sql.upsert(ParkedEvent, named, again, key=("id",), update=(*TOLD, "attempts", "last_at"))
    ParkedEvent.objects.bulk_create(
        ParkedEvent(team_id=team_id, stream_id=place[0], event_id=place[1], **_columns(x))
        for place, (team_id, x) in failed.items()
        if place not in stored
    )
    return len(failed)


def _stored(stream_ids: set[int]) -> dict[Place, tuple[int, int]]:
    """What is parked of these streams: the row's id and its attempts, by the stream's id and the event's."""
    table, params = sql.key_table([(pk,) for pk in sorted(stream_ids)], id="bigint")
    rest = f"FROM {table} JOIN {sql.quoted(ParkedEvent)} t ON t.stream_id = k.id"
    rows = sql.select(ParkedEvent, ("stream_id", "event_id", "id", "attempts"), rest, params)
    return {row[:2]: row[2:] for row in rows}


def _columns(failure: Failure) -> dict[str, str]:
    return {
        "event_type": failure.event_type,
        "action": failure.action,
        "error": failure.error,
        "message": storable(failure.message),
        "path": storable(failure.path),
        "place": storable(failure.place),
        "traceback": storable(failure.traceback),
    }

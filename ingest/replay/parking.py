"""Parked events: rows that somebody can see and retry."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from apps import sql
from apps.metrics.projection.text import storable
from ingest.log.streams import StreamKey
from ingest.models import ParkedEvent

from .folding import Failure, Folded

# What a row says of the failure, in the order of `_columns`.
TOLD = ("event_type", "action", "error", "message", "path", "place", "traceback")


def park(folded: Mapping[StreamKey, Folded]) -> int:
    """Make the parked rows of these streams what their folds said; returns how many are parked now."""
    streams = {f.counts.id for f in folded.values()}
    stored = {(p.stream_id, p.event_id): p for p in ParkedEvent.objects.filter(stream_id__in=streams)}
    failed = {(f.counts.id, x.event_id): (key[0], x) for key, f in folded.items() for x in f.failures}
    mended = [p.pk for place, p in stored.items() if place not in failed]
    if mended:
        ParkedEvent.objects.filter(pk__in=mended).delete()
    now = timezone.now()
    again = [
        (stored[place].pk, team_id, *place, *_columns(x).values(), stored[place].attempts + 1, now, now)
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

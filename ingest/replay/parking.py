"""Parked events: rows that somebody can see and retry."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import F
from django.utils import timezone

from apps.metrics.projection.text import storable
from ingest.log.streams import StreamKey
from ingest.models import ParkedEvent

from .folding import Failure, Folded


def park(folded: Mapping[StreamKey, Folded]) -> int:
    """Make the parked rows of these streams what their folds said; returns how many are parked now."""
    ids = {f.counts.id: key for key, f in folded.items()}
    stored = {
        (stream_id, event_id): pk
        for stream_id, event_id, pk in ParkedEvent.objects.filter(stream_id__in=ids).values_list(
            "stream_id", "event_id", "id"
        )
    }
    failed = {(f.counts.id, x.event_id): (key[0], x) for key, f in folded.items() for x in f.failures}
    mended = [pk for place, pk in stored.items() if place not in failed]
    if mended:
        ParkedEvent.objects.filter(pk__in=mended).delete()
    for place, (team_id, failure) in failed.items():
        if place in stored:
            again = ParkedEvent.objects.filter(pk=stored[place])
            again.update(**_columns(failure), attempts=F("attempts") + 1, last_at=timezone.now())
        else:
            stream_id, event_id = place
            ParkedEvent.objects.create(
                team_id=team_id, stream_id=stream_id, event_id=event_id, **_columns(failure)
            )
    return len(failed)


def _columns(failure: Failure) -> dict[str, str]:
    return {
        "event_type": failure.event_type,
        "action": failure.action,
        "error": failure.error,
        "message": storable(failure.message),
        "path": storable(failure.path),
        "traceback": storable(failure.traceback),
    }

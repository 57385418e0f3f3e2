"""Skipping parked events: a recorded decision that their streams are folded as if they were absent.

The event stays in the log and can be folded again. Rows stay a function of the set of events, less those that
somebody skipped (law 5): when it was decided, and in which order, changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from ingest.log import streams
from ingest.log.streams import StreamKey
from ingest.models import AuditLine, ParkedEvent, RawGitHubEvent, SkippedEvent

from .causes import fingerprint_of
from .processing import process

SKIP, UNDO = "skip", "undo skip"
AT_ONCE = 500


class NotParked(Exception):
    """An event can't be skipped because it is not parked."""


def skip(event_ids: Collection[int], reason: str, who: str) -> int:
    """Skip these parked events and process their streams without them. Returns how many were skipped.

    One that was mended meanwhile is left alone. `who`: the user's e-mail, for the audit. Raises ValueError
    without a reason, NotParked where none of them is parked, and what `process` raises; the decision is kept
    then, and the streams are pending.
    """
    if not reason.strip():
        raise ValueError("a reason is needed: who meets the gap later should understand it")
    done = 0
    for keys, part in _batches(
        ParkedEvent.objects.filter(event__in=event_ids).values_list("event_id", flat=True)
    ):
        with transaction.atomic():
            streams.lock(keys)
            parked = list(ParkedEvent.objects.filter(event__in=part).order_by("pk"))
            SkippedEvent.objects.bulk_create(_skipped(one, reason.strip(), who) for one in parked)
            ParkedEvent.objects.filter(pk__in=[one.pk for one in parked]).delete()
            _write_down(SKIP, [(one.team_id, one.event_id or 0) for one in parked], who, reason.strip())
            streams.reread(keys)
        process(keys)
        done += len(parked)
    if not done:
        raise NotParked("none of these events is parked; only a parked event can be skipped")
    return done


def undo(event_ids: Collection[int], who: str) -> int:
    """Fold these events again; those that still fail are parked again. Returns how many had been skipped."""
    done = 0
    for keys, part in _batches(
        SkippedEvent.objects.filter(event__in=event_ids).values_list("event_id", flat=True)
    ):
        with transaction.atomic():
            streams.lock(keys)
            skipped = SkippedEvent.objects.filter(event__in=part)
            found = list(skipped.values_list("team_id", "event_id"))
            skipped.delete()
            _write_down(UNDO, found, who, "")
            streams.reread(keys)
        process(keys)
        done += len(found)
    return done


def _skipped(parked: ParkedEvent, reason: str, who: str) -> SkippedEvent:
    group = fingerprint_of(parked)
    event: Any = parked.event_id
    return SkippedEvent(team_id=parked.team_id, event_id=event, reason=reason, who=who, group=group)


def _batches(rows: QuerySet[Any]) -> Iterator[tuple[list[StreamKey], list[int]]]:
    """The events by streams, so many of these at a time."""
    event_ids = list(rows.values_list("event_id", flat=True))
    places = RawGitHubEvent.objects.filter(pk__in=event_ids).values_list("pk", *streams.COLUMNS)
    by_stream: dict[StreamKey, list[int]] = {}
    for pk, *key in places:
        by_stream.setdefault(tuple(key), []).append(pk)
    keys = sorted(by_stream)
    for i in range(0, len(keys), AT_ONCE):
        part = keys[i : i + AT_ONCE]
        yield part, [pk for key in part for pk in by_stream[key]]


def _write_down(action: str, events: list[tuple[int, int]], who: str, reason: str) -> None:
    for team_id in sorted({team_id for team_id, _ in events}):
        ids = sorted(event_id for team, event_id in events if team == team_id)
        detail = {"events": ids} | ({"reason": reason} if reason else {})
        AuditLine.objects.create(team_id=team_id, who=who, action=action, detail=detail)

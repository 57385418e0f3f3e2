"""Parked events grouped by what caused them, so that one mended cause is one line and not ten thousand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, TextField, When

from ingest.models import ParkedEvent


@dataclass(frozen=True)
class Group:
    """Parked events of one cause; `event_type` is empty where whole streams are.

    `place`: the path in the payload, or the exception and the function of ours that raised it. The sample is
    the event that was parked first (None for a whole stream), with its message.
    """

    fingerprint: str
    event_type: str
    action: str
    place: str
    error: str
    message: str
    count: int
    first_at: datetime
    last_at: datetime
    sample: int | None


def groups(parked: QuerySet[ParkedEvent]) -> list[Group]:
    """The largest first."""
    rows = list(
        _placed(parked)
        .values(*CAUSE)
        .annotate(count=Count("pk"), first=Min("first_at"), last=Max("last_at"), oldest=Min("pk"))
        .order_by("-count", *CAUSE)
    )
    samples = ParkedEvent.objects.defer("traceback").in_bulk([row["oldest"] for row in rows])
    found = []
    for row in rows:
        sample = samples[row["oldest"]]
        event_type, action, where = (row[name] for name in CAUSE)
        found.append(
            Group(
                fingerprint(event_type, action, where),
                event_type,
                action,
                where,
                sample.error,
                sample.message,
                row["count"],
                row["first"],
                row["last"],
                sample.event_id,
            )
        )
    return found


def of_group(parked: QuerySet[ParkedEvent], wanted: str) -> QuerySet[ParkedEvent]:
    """Those of one group; none where no group has this fingerprint."""
    causes = _placed(parked).values_list(*CAUSE).distinct()
    cause = next((cause for cause in causes if fingerprint(*cause) == wanted), None)
    return _placed(parked).filter(**dict(zip(CAUSE, cause, strict=True))) if cause else parked.none()


def fingerprint(event_type: str, action: str, place: str) -> str:
    """The same in every installation and release, as long as the code has not moved."""
    return hashlib.sha256("\0".join((event_type, action, place)).encode()).hexdigest()[:12]


def fingerprint_of(parked: ParkedEvent) -> str:
    return fingerprint(parked.event_type, parked.action, parked.place or parked.path or parked.error)


CAUSE = ("event_type", "action", "where")


def _placed(parked: QuerySet[ParkedEvent]) -> QuerySet[Any]:
    """With `where`; rows from before the column have what was known then."""
    where = Case(
        When(~Q(place=""), then=F("place")),
        When(~Q(path=""), then=F("path")),
        default=F("error"),
        output_field=TextField(),
    )
    return parked.annotate(where=where)

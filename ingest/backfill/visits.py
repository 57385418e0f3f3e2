"""What earlier backfills know of pull requests: those that are whole in the log and unchanged since."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ingest.models import Visit

from .items import Pull

# `updated_at` has whole seconds: what was fetched in the second of an update may lack the next one in it.
SETTLED = timedelta(seconds=2)


def visits(team_id: int, repository_id: int, numbers: Iterable[int]) -> dict[int, Visit]:
    """The last visits of these pull requests, by number."""
    found = Visit.objects.filter(
        stream__team_id=team_id, stream__repository_id=repository_id, stream__number__in=list(numbers)
    ).select_related("stream")
    return {visit.stream.number: visit for visit in found}


def is_unchanged(visit: Visit, listed: Pull) -> bool:
    """Whether nothing need be fetched."""
    updated, answered = visit.pull_updated_at, visit.answered_at
    if updated is None or answered is None or updated != listed.updated_at:
        return False
    return answered - updated >= SETTLED

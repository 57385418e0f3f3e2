"""What earlier backfills know of pull requests: those that are whole in the log and unchanged since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from ingest.models import Visit

from .items import Pull

# `updated_at` has whole seconds: what was fetched in the second of an update may lack the next one in it.
SETTLED = timedelta(seconds=2)


def unchanged(team_id: int, repository_id: int, listed: Mapping[int, Pull]) -> dict[int, Visit]:
    """Of the listed pull requests, by number, those of which nothing need be fetched."""
    visits = Visit.objects.filter(
        stream__team_id=team_id, stream__repository_id=repository_id, stream__number__in=list(listed)
    ).select_related("stream")
    return {v.stream.number: v for v in visits if _is_whole(v, listed[v.stream.number])}


def _is_whole(visit: Visit, listed: Pull) -> bool:
    updated, answered = visit.pull_updated_at, visit.answered_at
    if updated is None or answered is None or updated != listed.updated_at:
        return False
    return answered - updated >= SETTLED

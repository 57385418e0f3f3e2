"""Whether GitHub said that a repository was deleted."""

from __future__ import annotations

from datetime import datetime

from apps import sql
from ingest.log import instants
from ingest.models import ParkedEvent, RawGitHubEvent, SkippedEvent

from .seeking import of_type


def deleted_after(team_id: int, repository_id: int, since: datetime) -> bool:
    """Whether a deletion later than `since` is in the log, and neither parked nor skipped.

    What else came, and when, changes nothing, so the order of the events doesn't either. One whose instant
    is unknown goes by when it was received; one that nobody can date is not later.
    """
    rest, params = of_type(team_id, repository_id, "repository")
    for model in (ParkedEvent, SkippedEvent):
        rest += f" AND NOT EXISTS (SELECT 1 FROM {sql.quoted(model)} o WHERE o.event_id = t.id)"
    columns = ("instant", "received_at")
    found = list(sql.select(RawGitHubEvent, columns, f"{rest} AND t.action = %s", [*params, "deleted"]))
    times = (
        received_at if instant is None else instants.to_datetime(instant) for instant, received_at in found
    )
    return any(time > since for time in times if time)

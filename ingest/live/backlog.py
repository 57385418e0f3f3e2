"""What waits to be processed, and since when."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F

from apps import sql
from apps.teams.models import Team
from ingest.models import RawGitHubEvent, Stream
from ingest.routing import HANDLED

# Of how many pending streams the oldest event is looked for: after a new version all of them may be.
LOOKED_AT = 500


class Backlog(NamedTuple):
    """`since`: when the oldest of their pending events was received; None where unknown."""

    streams: int
    since: datetime | None


def backlog(team: Team | None = None) -> Backlog:
    """Of one team, or of all."""
    pending = Stream.objects.filter(events__gt=F("applied"))
    if team:
        pending = pending.filter(team=team)
    streams = pending.count()
    if not streams:
        return Backlog(0, None)
    return Backlog(streams, _oldest(list(pending.order_by("pk").values_list("pk", flat=True)[:LOOKED_AT])))


def _oldest(stream_ids: list[int]) -> datetime | None:
    """Pending are the newest `events - applied` events with a processor of each stream."""
    keys, params = sql.key_table([(pk,) for pk in stream_ids], id="bigint")
    types: list[Any] = [*HANDLED]
    ranked = (
        "SELECT t.received_at, s.events - s.applied AS unapplied,"
        " row_number() OVER (PARTITION BY s.id ORDER BY t.id DESC) AS place"
        f" FROM {keys} JOIN {sql.quoted(Stream)} s ON s.id = k.id"
        f" JOIN {sql.quoted(RawGitHubEvent)} t ON t.team_id = s.team_id"
        " AND t.repository_id = s.repository_id AND t.number = s.number"
        f" WHERE t.event_type IN ({', '.join(['%s'] * len(types))})"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(received_at) FROM ({ranked}) ranked WHERE place <= unapplied", [*params, *types]
        )
        (found,) = cursor.fetchone()
    oldest: datetime | None
    ((oldest,),) = sql.converted(RawGitHubEvent, ("received_at",), [(found,)])
    return oldest

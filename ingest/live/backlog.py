"""What waits to be processed, and since when."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import F

from apps import sql
from apps.teams.models import Team
from ingest.log.streams import COLUMNS
from ingest.models import RawGitHubEvent, Stream
from ingest.replay.seeking import of_streams

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
    rows = pending.order_by("pk").values_list(*COLUMNS, F("events") - F("applied"))
    return Backlog(streams, _oldest(list(rows[:LOOKED_AT])))


def _oldest(pending: list[tuple[int, int, int, int]]) -> datetime | None:
    """Of these streams, with how many events of each wait: those are the newest of its events with a
    processor.
    """
    rests = of_streams(pending, unapplied="bigint")
    if not rests:
        return None
    columns = ", ".join(f"t.{name}" for name in (*COLUMNS, "id", "received_at"))
    events = " UNION ALL ".join(f"SELECT {columns}, k.unapplied {rest.text}" for rest in rests)
    ranked = (
        "SELECT received_at, unapplied,"
        f" row_number() OVER (PARTITION BY {', '.join(COLUMNS)} ORDER BY id DESC) AS place"
        f" FROM ({events}) events"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(received_at) FROM ({ranked}) ranked WHERE place <= unapplied",
            [value for rest in rests for value in rest.params],
        )
        (found,) = cursor.fetchone()
    oldest: datetime | None
    ((oldest,),) = sql.converted(RawGitHubEvent, ("received_at",), [(found,)])
    return oldest

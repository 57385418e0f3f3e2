"""Storing one delivery while GitHub waits for the answer."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from functools import cache

from django.db import DataError, connection, transaction

from apps import sql
from apps.teams.models import Team
from ingest.models import RawGitHubEvent, Stream
from ingest.routing import HANDLED

from .append import Appended, append
from .facts import NewEvent
from .placing import Placed, place
from .rows import COLUMNS, row

# The parts run in this order, each because it reads the one before: the stream's row is locked, or made,
# before the event meets the index of delivery ids. So two writers can't wait for each other in a circle, and
# a processor that holds the stream has read none or all of what the counts say.
#
# A stream that was made here counts its event already. Where the event then does not go in (its delivery is
# known in another stream), the division fails the whole statement.
STATEMENT = """
WITH held AS MATERIALIZED (
    SELECT id, events, applied FROM {stream}
    WHERE team_id = %s AND repository_id = %s AND number = %s FOR UPDATE
),
made AS (
    INSERT INTO {stream} (team_id, repository_id, number, events, applied, bytes, version)
    SELECT %s, %s, %s, 1, %s, %s, 0
    WHERE NOT EXISTS (SELECT 1 FROM held)
    ON CONFLICT DO NOTHING RETURNING id
),
place AS (SELECT id FROM held UNION ALL SELECT id FROM made),
done AS (
    INSERT INTO {event} ({columns}) SELECT {values} FROM place
    ON CONFLICT DO NOTHING RETURNING id
),
grown AS (
    UPDATE {stream} t SET events = t.events + 1, applied = t.applied + %s, bytes = t.bytes + %s
    FROM held, done WHERE t.id = held.id
)
SELECT done.id, held.id IS NULL OR held.events <= held.applied,
       CASE WHEN held.id IS NULL AND done.id IS NULL THEN 1 / (SELECT count(*) FROM done) END
FROM place LEFT JOIN held ON true LEFT JOIN done ON true
"""


def append_delivery(team_id: int, event: NewEvent) -> Appended:
    """`append` of one event with a delivery id: on PostgreSQL in one statement, which is its own transaction.

    Raises django.db.Error where the database can't store it; then nothing is stored.
    """
    if sql.is_sqlite():
        return append(Team.objects.get(pk=team_id), [event])
    placed = place(team_id, event)
    unread = event.event_type not in HANDLED
    try:
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            found = _run(team_id, placed, unread)
    except DataError:
        found = None
    if found is None:
        # Known, or its stream was made by somebody else at this moment: under the lock it is plain which.
        return append(Team.objects.get(pk=team_id), [event])
    event_id, was_applied = found
    if event_id is None:
        return Appended(duplicates=1)
    return Appended(
        [event_id], Counter([event.event_type]), streams={placed.key}, wakes=was_applied and not unread
    )


def _run(team_id: int, placed: Placed, unread: bool) -> tuple[int | None, bool] | None:
    """The event's id (None: it is known) and whether nothing of its stream was pending; None: undecided."""
    params = sql.parameters(RawGitHubEvent, COLUMNS, row(team_id, placed, None))
    size = len(placed.packed)
    counted = (int(unread), size)
    with sql.cursor() as cursor:
        cursor.execute(_statement(), [*placed.key, *placed.key, *counted, *params, *counted])
        found = cursor.fetchone()
    return None if found is None else (found[0], found[1])


@cache
def _statement() -> str:
    return STATEMENT.format(
        stream=sql.quoted(Stream),
        event=sql.quoted(RawGitHubEvent),
        columns=", ".join(COLUMNS),
        values=sql.placeholders(RawGitHubEvent, COLUMNS),
    )

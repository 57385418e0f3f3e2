"""A log of many events in little time: those that are stored, again and again, by one statement each."""

from datetime import timedelta

from django.db import connection

from ingest.models import RawGitHubEvent, Stream
from ingest.models.event import DERIVED, FACTS


def multiply(times: int, apart: timedelta = timedelta(days=40)) -> None:
    """PostgreSQL: so many more pull requests like each that is stored, `apart` in time, all applied."""
    seconds = int(apart.total_seconds())
    # Of pull requests only: then the other streams' counts stay right.
    changes = {
        "delivery_id": "delivery_id || '-' || g",
        "number": "number + g * 10000",
        "object_id": "CASE WHEN object_id = '' THEN '' ELSE object_id || g END",
        "received_at": f"received_at + g * interval '{seconds} seconds'",
        "instant": f"instant + g * {seconds * 10_000_000}",
    }
    columns = ["team_id", *(name for name in (*FACTS, *DERIVED) if name != "team_id")]
    changed = ", ".join(changes.get(name, name) for name in columns)
    with connection.cursor() as cursor:
        for table, names, values in (
            (RawGitHubEvent._meta.db_table, ", ".join(columns), changed),
            (
                Stream._meta.db_table,
                "team_id, repository_id, number, events, applied, bytes, version",
                "team_id, repository_id, number + g * 10000, events, events, bytes, version",
            ),
        ):
            # Rows of one round stand together, as they would have come.
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, "
                "generate_series(1, %s) g WHERE number > 0 ORDER BY g, id",
                [times],
            )

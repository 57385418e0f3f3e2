"""A log of many events in little time: those that are stored, again and again, by one statement each."""

from django.db import connection

from ingest.models import RawGitHubEvent, Stream
from ingest.models.event import DERIVED, FACTS

# Of pull requests only: then the other streams' counts stay right.
CHANGED = {
    "delivery_id": "delivery_id || '-' || g",
    "number": "number + g * 10000",
    "object_id": "CASE WHEN object_id = '' THEN '' ELSE object_id || g END",
    "received_at": "received_at + g * interval '40 days'",
    "instant": "instant + g * 864000000000 * 40",
}


def multiply(times: int) -> None:
    """PostgreSQL: so many more pull requests like each that is stored, all applied."""
    columns = ["team_id", *(name for name in (*FACTS, *DERIVED) if name != "team_id")]
    changed = ", ".join(CHANGED.get(name, name) for name in columns)
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

"""What PostgreSQL's planner knows of a table."""

from django.db import connection


def forget(table: str) -> None:
    """Nothing, until the transaction ends, as of a table that was never analyzed.

    What a test before counted by ANALYZE stays behind though its transaction is rolled back: so many rows in
    so many pages.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pg_statistic WHERE starelid = %s::regclass", [table])
        cursor.execute(
            "UPDATE pg_class SET relpages = 0, reltuples = -1 WHERE oid = %s::regclass"
            " OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = %s::regclass)",
            [table, table],
        )

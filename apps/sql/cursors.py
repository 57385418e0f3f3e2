"""Cursors for statements whose text stays the same: PostgreSQL plans them once for each connection.

Django's own cursors put the parameters into the text, so that each statement is another one: planning took
longer than running (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db import connection

# Statements about more keys than this are planned each time.
FEW = 10


@cache
def is_sqlite() -> bool:
    """Asked some thirty times for each delivery; a process has one database."""
    return connection.vendor == "sqlite"


@contextmanager
def cursor() -> Iterator[Any]:
    """For statements whose text stays the same. What was not fetched when it ends is gone."""
    if is_sqlite():
        with connection.cursor() as plain:
            yield plain
        return
    connection.ensure_connection()
    driver: Any = connection.connection
    # Kept with the driver's connection, and gone with it: making one costs as much as sending a small
    # statement.
    free = vars(driver).setdefault("free_cursors", [])
    raw = free.pop() if free else _prepared_statements()(driver)
    try:
        yield connection.make_debug_cursor(raw) if connection.queries_logged else connection.make_cursor(raw)
    finally:
        free.append(raw)


@cache
def _prepared_statements() -> Any:
    import psycopg
    from psycopg.types.array import ListBinaryDumper
    from psycopg.types.numeric import Int8BinaryDumper

    class Cursor(psycopg.Cursor[Any]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            # By default the type of an integer depends on its size, and that of the statement on theirs.
            self.adapters.register_dumper(int, Int8BinaryDumper)
            # As text each element is looked through for what must be escaped.
            self.adapters.register_dumper(list, ListBinaryDumper)

        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            # A kept plan is of the time when it was made: of a small table, of which it reads all. For a few
            # keys that is soon put right by autovacuum; for a chunk it would cost more than planning anew.
            # What has no parameters is about a temporary table, whose name is another one each time.
            many = not params or any(isinstance(value, list) and len(value) > FEW for value in params)
            return super().execute(query, params, **({"prepare": False} if many else {}) | options)

    return Cursor


def plan_simply(connection: Any, **kwargs: Any) -> None:
    """For the signal of a new connection: what PostgreSQL's planner is not to do, as it misjudges the cost.

    It took seconds to compile queries that take milliseconds, since it overestimates what subqueries for a
    status cost. And of a table of keys it does not know that all are of one team: it merged the keys with the
    whole table by the team alone, so that a replay's time grew with the square of the rows
    (docs/performance.md).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as plain:
            plain.execute("SET jit = off; SET enable_mergejoin = off")

"""Reading the database as it was at one moment, while others go on writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from apps import sql


@contextmanager
def snapshot() -> Iterator[None]:
    """All that is read inside is of one moment, nothing can be written, and nobody waits for it.

    Inside a transaction it is whatever that one sees.
    """
    if connection.in_atomic_block:
        yield
    elif sql.is_sqlite():
        # Django's own transactions lock out every writer from their beginning.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield

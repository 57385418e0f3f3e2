"""The one gate in the triggers: open inside one transaction, for a purge, for repacking and for a test's
clean-up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

SETTING = "tformance.log_gate"


@contextmanager
def open_gate(reason: str) -> Iterator[None]:
    """Inside, this connection may change and delete stored events. All of it is one transaction.

    Nobody else passes meanwhile: on PostgreSQL the setting is the transaction's own, on SQLite nobody else
    writes.
    """
    with transaction.atomic():
        _set(reason)
        yield
        # Shut before the commit: an outer transaction goes on with the gate closed. After an error the
        # rollback does it.
        _set("")


def _set(reason: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, reason])
        elif reason:
            cursor.execute("INSERT INTO ingest_gate (reason) VALUES (%s)", [reason])
        else:
            cursor.execute("DELETE FROM ingest_gate")

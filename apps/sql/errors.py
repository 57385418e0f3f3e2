"""Errors of the database that say nothing about what it was given."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

# PostgreSQL's class of refusals for a limit, an index entry that is too large say.
LIMIT_EXCEEDED = "54"


def is_away(error: BaseException) -> bool:
    """Whether the database is not there, or stays locked: what it refuses then is good another time.

    psycopg counts a limit that a value exceeds among these, which is refused again and again.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    return not (state or "").startswith(LIMIT_EXCEEDED)

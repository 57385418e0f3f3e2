"""Errors of the database that say nothing about what it was given."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

# PostgreSQL's class of refusals for a limit, an index entry that is too large say.
LIMIT_EXCEEDED = "54"
# Cancelled, by `statement_timeout` for one, and beyond `temp_file_limit`.
TOO_MUCH = ("57014", "53400")


def is_away(error: BaseException) -> bool:
    """Whether the database is not there, or stays locked: what it refuses then is good another time.

    psycopg counts a limit that a value exceeds among these, which is refused again and again.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return not _state(error).startswith(LIMIT_EXCEEDED)


def is_too_much(error: BaseException) -> bool:
    """Whether the database answers, and one statement was more work than it may be: half of it may do."""
    return _state(error) in TOO_MUCH


def _state(error: BaseException) -> str:
    """PostgreSQL's word for it, of five characters; empty where there is none."""
    return getattr(error.__cause__, "sqlstate", None) or ""

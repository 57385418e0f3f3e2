"""Texts by their beginning, along an index."""

from __future__ import annotations

from django.db.models import Q

from .cursors import is_sqlite

# Above every letter of what is looked for, and below none of it: hexadecimal digits end at f.
AFTER_HEX = "g"


def begins_with(column: str, digits: str) -> Q:
    """Of a column of lower-case hexadecimal numbers: those that begin with these digits.

    SQLite never takes an index for LIKE as Django writes it, and compares by bytes, so that a range does. How
    PostgreSQL compares depends on its locale: there it takes an index of `varchar_pattern_ops` for LIKE.
    """
    if is_sqlite():
        return Q(**{f"{column}__gte": digits, f"{column}__lt": digits + AFTER_HEX})
    return Q(**{f"{column}__startswith": digits})

"""Paging by what a row is, not by how many are before it: what comes in meanwhile moves nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

# Beyond it a count reads "10,000+": exact counts of more would read all of them.
COUNTED = 10_000


@dataclass(frozen=True)
class Count:
    """How many there are, as far as it is counted."""

    n: int

    def __str__(self) -> str:
        return f"{COUNTED:,}+" if self.n > COUNTED else f"{self.n:,}"

    def __bool__(self) -> bool:
        return self.n > 0


def count_of(rows: QuerySet[Any]) -> Count:
    return Count(rows.order_by()[: COUNTED + 1].count())


def before_of(query: Mapping[str, str]) -> int | None:
    """The id that the address asks for the page before; None where it is no id."""
    text = query.get("before", "")
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 19 else None

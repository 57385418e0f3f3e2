"""What a formula read to come to its result."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.metrics.formulas import Formula
from apps.metrics.formulas.formula import Row
from apps.metrics.formulas.review_time import first_review, is_author, is_bot

# Columns that are a sum or a difference of two others.
ARITHMETIC = {
    "cycle_time_hours": ("merged_at", "-", "pr_created_at"),
    "review_time_hours": ("first_review_at", "-", "pr_created_at"),
    "size": ("additions", "+", "deletions"),
}


@dataclass(frozen=True)
class Input:
    """A column that a formula read, the event that set it, and the review that it is from, if it is."""

    name: str
    value: Any
    event_id: int | None = None
    review: str = ""

    def __str__(self) -> str:
        """`merged_at 2026-01-02 14:03:11 (event 12)`"""
        value = self.value
        text = (
            f"{value:%Y-%m-%d %H:%M:%S}"
            if isinstance(value, datetime)
            else json.dumps(value, ensure_ascii=False)
        )
        origin = ", ".join(filter(None, (f"event {self.event_id}" if self.event_id else "", self.review)))
        return f"{self.name} {text} ({origin or 'no event'})"


class _Read(dict[str, Any]):
    """A row that notes which of its columns were asked for, in that order."""

    def __init__(self, row: Row) -> None:
        super().__init__(row)
        self.names: dict[str, None] = {}

    def __getitem__(self, name: str) -> Any:
        self.names[name] = None
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.names[name] = None
        return super().get(name, default)


def columns_read(formula: Formula, row: Row, reviews: Sequence[Row]) -> list[str]:
    """The pull request's columns that a formula reads for this row, found by letting it compute once more."""
    reading = _Read({name: value for name, value in row.items() if name not in formula.columns})
    formula.compute(reading, reviews)
    return list(reading.names)


def counting_review(row: Row, reviews: Mapping[int, Row]) -> int | None:
    """The review that is the first one in `first_review_at`."""
    found = first_review(row, list(reviews.values()))
    return None if found is None else int(found["github_review_id"])


def review_role(row: Row, review: Row, first: int | None) -> str:
    """Whether a review is the first that counts, else why not, in a sentence."""
    if review["github_review_id"] == first:
        return "the first review that counts"
    if not review["submitted_at"]:
        return "does not count: when it was submitted is not known"
    if is_bot(review):
        return "does not count: by a bot"
    if is_author(row, review):
        return "does not count: by the author"
    return "counts, but is not the first"

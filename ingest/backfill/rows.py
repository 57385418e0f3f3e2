"""A page of a list of pull requests, as its validator keeps it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from .items import Pull
from .rounds import Round


def facts_of(pulls: Sequence[Pull | None], stored: Collection[int]) -> dict[str, Any] | None:
    """Each row's number, when it was updated, and whether it was stored: another window may want others.

    `stored`: numbers. None where a row can't be read.
    """
    rows = [
        [pull.number, text_of(pull.updated_at), pull.number in stored] for pull in pulls if pull is not None
    ]
    if len(rows) < len(pulls):
        return None
    return {"rows": rows, "numbers": [number for number, _, is_stored in rows if is_stored]}


def pulls_of(facts: dict[str, Any]) -> list[Pull]:
    return [Pull(number, updated_at=time_of(updated)) for number, updated, _ in facts["rows"]]


def has_all(facts: dict[str, Any], wanted_by: Round) -> bool:
    """Whether every row that a round wants was stored when the page was read last."""
    return all(stored or not wanted_by.wants(time_of(updated)) for _, updated, stored in facts["rows"])


def text_of(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def time_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

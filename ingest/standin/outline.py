"""The few facts by which pull requests are listed and sorted, without their whole history.

Sorting 50,000 pull requests by `updated_at` needs that field of each; a history costs a hundred times more.
The history then has to end exactly where the outline says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from . import chance
from .workdays import Calendar

_OPEN = {"stale_open", "draft", "pending_review"}
_CLOSED = {"ghost", "closed"}


@dataclass(frozen=True, slots=True)
class Outline:
    number: int
    case: str
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    merged: bool

    @property
    def state(self) -> str:
        return "closed" if self.ended_at else "open"


def outline(seed: int, number: int, pulls: int, case: str, calendar: Calendar) -> Outline:
    jitter, fate, length, late, lateness, *_ = chance.fractions(seed, "outline", number)
    created = calendar.at((number - 1 + jitter) / pulls)
    if case == "late_merge":
        ended = calendar.now - timedelta(days=1)
        return Outline(number, case, created, ended, ended, merged=True)
    if case == "stale_open":
        return Outline(number, case, created, created + timedelta(hours=2), None, merged=False)

    ended = calendar.next_working(created + timedelta(hours=chance.log_normal(length, median=19, spread=1.3)))
    ended = max(ended, created + timedelta(minutes=4))
    lasting = case in _OPEN or (not case and (fate < 0.04 or ended > calendar.now))
    if lasting:
        # `ended` is then only the last time that somebody worked on it.
        return Outline(number, case, created, min(ended, calendar.now), None, merged=False)
    ended = min(ended, calendar.now)
    updated = ended
    if late < 0.08:
        idle = timedelta(hours=chance.log_normal(lateness, median=30, spread=1))
        updated = calendar.next_working(ended + idle)
    merged = case not in _CLOSED and (bool(case) or fate >= 0.13)
    return Outline(number, case, created, min(updated, calendar.now), ended, merged)

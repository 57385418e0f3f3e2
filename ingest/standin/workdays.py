"""Working time: people open pull requests on weekdays between eight and six."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta

_FIRST_HOUR, _HOURS = 8, 10


class Calendar:
    def __init__(self, now: datetime, days: int = 200) -> None:
        self.now = now.replace(microsecond=0)
        midnight = self.now.replace(hour=0, minute=0, second=0)
        past = [midnight - timedelta(days=back) for back in range(days, 0, -1)]
        self.mornings = [day + timedelta(hours=_FIRST_HOUR) for day in past if day.weekday() < 5]

    def at(self, position: float) -> datetime:
        """The working second at `position` (0 to 1) of the whole span; grows with it."""
        days = position * len(self.mornings)
        index = min(int(days), len(self.mornings) - 1)
        return self.mornings[index] + timedelta(seconds=int((days - index) * _HOURS * 3600))

    def position(self, at: datetime) -> float:
        """The inverse of `at`; a night or weekend is one point."""
        index = bisect_right(self.mornings, at) - 1
        if index < 0:
            return 0.0
        worked = min(1.0, (at - self.mornings[index]).total_seconds() / (_HOURS * 3600))
        return (index + worked) / len(self.mornings)

    def between(self, start: datetime, end: datetime, place: float) -> datetime:
        """The working second at `place` (0 to 1) from `start` to `end`."""
        first, last = self.position(start), self.position(end)
        return min(max(self.at(first + (last - first) * place), start), end)

    def next_working(self, at: datetime) -> datetime:
        at = at.replace(microsecond=0)
        if at.hour >= _FIRST_HOUR + _HOURS + 2:
            at = at.replace(hour=_FIRST_HOUR) + timedelta(days=1)
        elif at.hour < _FIRST_HOUR:
            at = at.replace(hour=_FIRST_HOUR)
        while at.weekday() >= 5:
            at += timedelta(days=1)
        return at

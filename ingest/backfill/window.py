"""Which pull requests a backfill is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

DAYS = 90


@dataclass(frozen=True)
class Window:
    """Those updated in the last `days` days, plus every open one; None: all of them.

    By `updated_at`: a pull request opened on day -120 and merged yesterday belongs to the last 90 days.
    """

    days: int | None = DAYS

    def cutoff(self, start: datetime) -> datetime | None:
        return None if self.days is None else start - timedelta(days=self.days)

    def as_json(self) -> dict[str, Any]:
        return {"all": True} if self.days is None else {"days": self.days, "open": True}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Window:
        return cls(None if stored.get("all") else stored.get("days", DAYS))

    def __str__(self) -> str:
        if self.days is None:
            return "all pull requests"
        return f"pull requests updated in the last {self.days} days, and every open one"

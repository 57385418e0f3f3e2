"""Which pull requests a backfill is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

DAYS = 90


@dataclass(frozen=True)
class Window:
    """Those updated in the last `days` days, plus every open one; None: all of them. With `since`: those
    updated since that instant, plus every open one, whatever `days` says.

    By `updated_at`: a pull request opened on day -120 and merged yesterday belongs to the last 90 days.
    """

    days: int | None = DAYS
    since: datetime | None = None

    def cutoff(self, start: datetime) -> datetime | None:
        if self.since is not None:
            return self.since
        return None if self.days is None else start - timedelta(days=self.days)

    def as_json(self) -> dict[str, Any]:
        if self.since is not None:
            return {"since": self.since.isoformat(), "open": True}
        return {"all": True} if self.days is None else {"days": self.days, "open": True}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Window:
        if stored.get("since"):
            return cls(since=datetime.fromisoformat(stored["since"]))
        return cls(None if stored.get("all") else stored.get("days", DAYS))

    @property
    def short(self) -> str:
        if self.since is not None:
            return f"since {self.since:%Y-%m-%d %H:%M}"
        return "all" if self.days is None else f"{self.days} days"

    def __str__(self) -> str:
        if self.since is not None:
            return f"pull requests updated since {self.since:%Y-%m-%d %H:%M:%S %Z}, and every open one"
        if self.days is None:
            return "all pull requests"
        return f"pull requests updated in the last {self.days} days, and every open one"

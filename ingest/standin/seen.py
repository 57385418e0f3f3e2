"""What was asked of the stand-in: each request, and counters by endpoint and status."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str  # with its query
    endpoint: str
    status: int  # 0: the connection was dropped without an answer
    token: str | None


class Seen:
    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.all: list[Asked] = []
        self.by_endpoint: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()
        self._both: Counter[tuple[str, int]] = Counter()

    def __len__(self) -> int:
        return len(self.all)

    def add(self, asked: Asked) -> None:
        self.all.append(asked)
        self.by_endpoint[asked.endpoint] += 1
        self.by_status[asked.status] += 1
        self._both[asked.endpoint, asked.status] += 1

    def count(self, endpoint: str, status: int | None = None) -> int:
        return self.by_endpoint[endpoint] if status is None else self._both[endpoint, status]

    def report(self) -> dict[str, Any]:
        endpoints: dict[str, dict[str, int]] = {}
        for (endpoint, status), count in sorted(self._both.items()):
            endpoints.setdefault(endpoint, {})[str(status)] = count
        return {"total": len(self.all), "endpoints": endpoints}

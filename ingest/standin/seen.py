"""What was asked of the stand-in: each request, and counters by endpoint and status."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .limits import CORE, GRAPHQL

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str  # with its query
    endpoint: str
    status: int  # 0: the connection was dropped without an answer
    token: str | None
    resource: str  # of the limits: core, graphql; web: none
    points: int  # of the secondary limit
    at: float  # seconds of the stand-in's clock


class Seen:
    def __init__(self) -> None:
        self._counting = threading.Lock()
        self._now: Counter[str | None] = Counter()
        self.clear()

    def clear(self) -> None:
        self.all: list[Asked] = []
        self.by_endpoint: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()
        self._both: Counter[tuple[str, int]] = Counter()
        self.most_at_once = 0  # requests of one token that were under way together

    def __len__(self) -> int:
        return len(self.all)

    def add(self, asked: Asked) -> None:
        self.all.append(asked)
        self.by_endpoint[asked.endpoint] += 1
        self.by_status[asked.status] += 1
        self._both[asked.endpoint, asked.status] += 1

    def count(self, endpoint: str, status: int | None = None) -> int:
        return self.by_endpoint[endpoint] if status is None else self._both[endpoint, status]

    def busiest_minute(self, resource: str = CORE, token: str | None = None) -> int:
        """The most points of one token, or of `token`, within any 60 seconds; those refused count too."""
        most = 0
        spans: dict[str | None, deque[Asked]] = {}
        spent: Counter[str | None] = Counter()
        for asked in self.all:
            if asked.resource != resource or token not in (None, asked.token):
                continue
            span = spans.setdefault(asked.token, deque())
            span.append(asked)
            spent[asked.token] += asked.points
            while span[0].at <= asked.at - _MINUTE:
                spent[asked.token] -= span.popleft().points
            most = max(most, spent[asked.token])
        return most

    @contextmanager
    def under_way(self, token: str | None) -> Iterator[None]:
        with self._counting:
            self._now[token] += 1
            self.most_at_once = max(self.most_at_once, self._now[token])
        try:
            yield
        finally:
            with self._counting:
                self._now[token] -= 1

    def report(self) -> dict[str, Any]:
        endpoints: dict[str, dict[str, int]] = {}
        for (endpoint, status), count in sorted(self._both.items()):
            endpoints.setdefault(endpoint, {})[str(status)] = count
        return {
            "total": len(self.all),
            "endpoints": endpoints,
            "busiest_minute": {resource: self.busiest_minute(resource) for resource in (CORE, GRAPHQL)},
            "most_at_once": self.most_at_once,
        }

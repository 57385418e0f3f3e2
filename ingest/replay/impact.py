"""What a replay does to the numbers: each metric before and after, over the pull requests that it looked
at.
"""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from typing import Any

from apps.metrics.projection.changes import Change
from apps.metrics.summary import summary

HOURS = ("cycle_time_hours", "review_time_hours")
METRICS = (*HOURS, "size")
SHARES = ("is_revert", "is_hotfix")
MOVERS = 10


class Impact:
    """Gathers changes of pull requests one at a time: two numbers a metric each, and the few that move
    most.
    """

    def __init__(self) -> None:
        self.fields: dict[str, Counter[str]] = {}
        self._before = {metric: array("d") for metric in METRICS}
        self._after = {metric: array("d") for metric in METRICS}
        self._shares: dict[str, Counter[str]] = {share: Counter() for share in SHARES}
        self._movers: dict[str, list[tuple[float, tuple[Any, ...], Any, Any, str]]] = {m: [] for m in METRICS}

    def see(self, change: Change) -> None:
        for name in change.fields():
            self.fields.setdefault(change.table, Counter())[name] += 1
        if change.table == "PullRequest":
            self._see_pull_request(change)

    def _see_pull_request(self, change: Change) -> None:
        for metric in METRICS:
            before, after = (float(r[metric]) if r and r[metric] is not None else None for r in change[2:])
            if before is not None:
                self._before[metric].append(before)
            if after is not None:
                self._after[metric].append(after)
            if before != after and change.before is not None:
                moved = abs((after or 0.0) - (before or 0.0))
                name = (change.after or change.before)["github_repo"]
                entry = (moved, change.key, before, after, name)
                heap = self._movers[metric]
                (heapq.heappush if len(heap) < MOVERS else heapq.heappushpop)(heap, entry)
        for share in SHARES:
            for when, row in (("before", change.before), ("after", change.after)):
                if row is not None:
                    self._shares[share][when] += bool(row[share])

    def report(self) -> dict[str, Any]:
        """For each metric `before` and `after` (see `summary`; hours or lines) and `moved`, the furthest
        first.
        """
        found: dict[str, Any] = {}
        for metric in METRICS:
            moved = [
                {"github_repo": name, "number": key[2], "before": before, "after": after}
                for _, key, before, after, name in sorted(self._movers[metric], key=_furthest)
            ]
            found[metric] = {
                "before": summary(self._before[metric]),
                "after": summary(self._after[metric]),
                "moved": moved,
            }
        for share in SHARES:
            counts = self._shares[share]
            found[share] = {"before": {"n": counts["before"]}, "after": {"n": counts["after"]}}
        return found


def _furthest(entry: tuple[float, tuple[Any, ...], Any, Any, str]) -> tuple[float, tuple[Any, ...]]:
    return -entry[0], entry[1]

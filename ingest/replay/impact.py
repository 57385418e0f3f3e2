"""What a replay does to the rows and the numbers, and why: changed code, or events not yet applied.

Three states of every row: *before* (as it is stored), *code* (what today's code makes of the events that are
applied already) and *after* (of all events). What differs between the first two comes from code: of a formula
or a processor, or a row that somebody changed by hand. What differs between the last two comes from pending
events.
"""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from apps.metrics.projection import columns
from apps.metrics.projection.changes import Change, kind_of
from apps.metrics.summary import summary

from .processing import Processed

HOURS = ("cycle_time_hours", "review_time_hours")
METRICS = (*HOURS, "size")
SHARES = ("is_revert", "is_hotfix")
CAUSES = ("code", "events")
STATES = ("before", "code", "after")
MOVERS = 10

KINDS = {
    "bindings": {
        *columns.PULL_REQUEST_BINDINGS,
        *columns.REVIEW_BINDINGS,
        *columns.COMMIT_BINDINGS,
    },
    "formulas": {*columns.PULL_REQUEST_FORMULAS},
}


class Row(NamedTuple):
    """One row in its three states; None where it is not there."""

    table: str
    key: tuple[Any, ...]
    before: Any
    code: Any
    after: Any

    def step(self, cause: str) -> Change:
        states = (self.before, self.code) if cause == "code" else (self.code, self.after)
        return Change(self.table, self.key, *states)


class Cause:
    """What one cause changes: rows by kind of change, and fields of updated rows by kind of field."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.fields: dict[str, Counter[str]] = {
            "facts": Counter(),
            "bindings": Counter(),
            "formulas": Counter(),
        }

    def see(self, change: Change) -> None:
        if change.before == change.after:
            return
        self.rows[kind_of(change)] += 1
        for name in change.fields():
            kind = next((kind for kind, names in KINDS.items() if name in names), "facts")
            self.fields[kind][f"{change.table}.{name}"] += 1

    def as_json(self) -> dict[str, Any]:
        rows = {kind: self.rows[kind] for kind in ("created", "updated", "deleted")}
        return rows | {"fields": {kind: dict(found.most_common()) for kind, found in self.fields.items()}}


class Impact:
    """Gathers changes a chunk at a time: three numbers a metric and pull request, and the few that move
    most.
    """

    def __init__(self) -> None:
        self.fields: dict[str, Counter[str]] = {}
        self.causes = {cause: Cause() for cause in CAUSES}
        self._values = {metric: {state: array("d") for state in STATES} for metric in METRICS}
        self._shares: dict[str, Counter[str]] = {share: Counter() for share in SHARES}
        self._movers: dict[str, list[tuple[float, tuple[Any, ...], Any, Any, str]]] = {m: [] for m in METRICS}

    def see(self, chunk: Processed) -> None:
        for change in chunk.changes:
            for name in change.fields():
                self.fields.setdefault(change.table, Counter())[name] += 1
        for row in rows_of(chunk):
            for cause, seen in self.causes.items():
                seen.see(row.step(cause))
            if row.table == "PullRequest":
                self._see_pull_request(row)

    def _see_pull_request(self, row: Row) -> None:
        for metric in METRICS:
            found = [float(r[metric]) if r and r[metric] is not None else None for r in row[2:]]
            for state, value in zip(STATES, found, strict=True):
                if value is not None:
                    self._values[metric][state].append(value)
            before, _, after = found
            if before != after and row.before is not None:
                moved = abs((after or 0.0) - (before or 0.0))
                entry = (moved, row.key, before, after, (row.after or row.before)["github_repo"])
                heap = self._movers[metric]
                (heapq.heappush if len(heap) < MOVERS else heapq.heappushpop)(heap, entry)
        for share in SHARES:
            for state, values in zip(STATES, row[2:], strict=True):
                if values is not None:
                    self._shares[share][state] += bool(values[share])

    def report(self) -> dict[str, Any]:
        """For each metric `before`, `code` and `after` (see `summary`; hours or lines) and `moved`, the
        furthest first; for each share how many pull requests have it.
        """
        found: dict[str, Any] = {}
        for metric in METRICS:
            moved = [
                {"github_repo": name, "number": key[2], "before": before, "after": after}
                for _, key, before, after, name in sorted(self._movers[metric], key=_furthest)
            ]
            found[metric] = {state: summary(values) for state, values in self._values[metric].items()}
            found[metric]["moved"] = moved
        for share in SHARES:
            found[share] = {state: {"n": self._shares[share][state]} for state in STATES}
        return found


def rows_of(chunk: Processed) -> Iterator[Row]:
    """The changed rows, and all pull requests. Without pending events all changes come from code."""
    after = {(change.table, change.key): change for change in chunk.changes}
    code = after
    if chunk.by_code is not None:
        code = {(change.table, change.key): change for change in chunk.by_code}
    for place in code | after:
        before = (code.get(place) or after[place]).before
        # Not shown: as it was.
        states = [found[place].after if place in found else before for found in (code, after)]
        yield Row(*place, before, *states)


def _furthest(entry: tuple[float, tuple[Any, ...], Any, Any, str]) -> tuple[float, tuple[Any, ...]]:
    return -entry[0], entry[1]

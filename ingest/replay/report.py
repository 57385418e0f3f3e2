"""What a replay says at its end, as one JSON document or a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Sum, Value
from django.db.models.functions import Greatest

from apps.metrics.projection.changes import Change
from apps.metrics.projection.version import VERSION
from ingest.models import Run, Stream

from .impact import Impact
from .processing import Processed
from .scope import Scope


@dataclass
class Report:
    """Totals of a replay, a dry run or a verification. See `as_json` for the keys that are relied on from
    outside.
    """

    mode: str
    selected: int
    # Of the streams that were selected when it began.
    total: int = 0
    impact: Impact | None = None
    processed: Processed = field(default_factory=Processed)
    seconds: float = 0.0
    differences: list[dict[str, Any]] = field(default_factory=list)
    orphans: dict[str, int] = field(default_factory=dict)
    pending: int = 0

    # Shown of a long list of differences; all are counted.
    SHOWN = 50

    def add(self, chunk: Processed) -> None:
        if self.impact:
            self.impact.see(chunk)
        for change in chunk.changes:
            if self.mode == "verify" and change.before != change.after and len(self.differences) < self.SHOWN:
                self.differences.append(_difference(change))
        chunk.changes.clear()
        self.processed.add(chunk)

    def merge(self, other: Report) -> None:
        self.processed.add(other.processed)

    def count_pending(self, scope: Scope) -> None:
        """How many events of the scope's team (or of all) are not applied."""
        found = Stream.objects.filter(events__gt=F("applied"))
        if scope.team:
            found = found.filter(team__slug=scope.team)
        # -1 stands for none applied.
        left = Sum(F("events") - Greatest(F("applied"), Value(0)))
        self.pending = found.aggregate(left=left)["left"] or 0

    def counters(self) -> dict[str, Any]:
        """What a run's row keeps, and `of` reads."""
        done = self.processed
        return {
            "selected": self.selected,
            "total": self.total,
            "streams": done.streams,
            "events": done.events,
            "parked": done.parked,
            "newer": done.newer,
            "repositories": done.outcome.repositories,
            "links": done.outcome.links,
            "rows": dict(done.outcome.counts),
            "tables": {table: dict(counts) for table, counts in done.outcome.by_table.items()},
        }

    @classmethod
    def of(cls, run: Run) -> Report:
        """The totals of a run so far."""
        counters = run.counters
        if not counters:
            return cls("replay", 0)
        found = cls("replay", counters["selected"], counters["total"])
        done = found.processed
        done.streams, done.events = counters["streams"], counters["events"]
        done.parked, done.newer = counters["parked"], counters["newer"]
        done.outcome.repositories, done.outcome.links = counters["repositories"], counters["links"]
        done.outcome.counts = Counter(counters["rows"])
        done.outcome.by_table = {table: Counter(counts) for table, counts in counters["tables"].items()}
        return found

    def left_alone(self) -> str:
        """What was not done because a newer version had been there; empty where nothing was left."""
        newer = self.processed.newer
        if not newer:
            return ""
        return (
            f"{newer:,} streams were left alone: a newer version than this one ({VERSION}) made their rows. "
            "Replay them with the newer code."
        )

    @property
    def changed(self) -> int:
        """Rows created, updated and deleted, with repositories' names and the links of commits."""
        outcome = self.processed.outcome
        return (
            sum(outcome.counts[k] for k in ("created", "updated", "deleted"))
            + outcome.repositories
            + outcome.links
        )

    def as_json(self) -> dict[str, Any]:
        done = self.processed
        counts = done.outcome.counts
        found: dict[str, Any] = {
            "mode": self.mode,
            "selected": self.selected,
            "events": done.events,
            "streams": done.streams,
            **{kind: counts[kind] for kind in ("created", "updated", "unchanged", "deleted")},
            "tables": {table: dict(kinds) for table, kinds in sorted(done.outcome.by_table.items())},
            "repositories": done.outcome.repositories,
            "links": done.outcome.links,
            "parked": done.parked,
            "left_to_newer_version": done.newer,
            "pending": self.pending,
            "seconds": round(self.seconds, 3),
        }
        if self.mode == "dry-run" and self.impact:
            found["fields"] = {
                table: dict(c.most_common()) for table, c in sorted(self.impact.fields.items())
            }
            found["causes"] = {cause: seen.as_json() for cause, seen in self.impact.causes.items()}
            found["impact"] = self.impact.report()
        if self.mode == "verify":
            found |= {"differences": self.changed, "different": self.differences, "orphans": self.orphans}
        return found


def _difference(change: Change) -> dict[str, Any]:
    """A row that is not what the log says: `missing`, `extra`, or per field [stored, what it should be]."""
    kind = "missing" if change.before is None else "extra" if change.after is None else "differs"
    before, after = change.before or {}, change.after or {}
    fields = {name: [_plain(before[name]), _plain(after[name])] for name in change.fields()}
    return {"table": change.table, "key": list(change.key), "kind": kind, "fields": fields}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str | list) else str(value)

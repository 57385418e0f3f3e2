"""What a replay says at its end, as one JSON document or a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .impact import Impact
from .processing import Processed


@dataclass
class Report:
    """Totals of a replay, a dry run or a verification. See `as_json` for the keys that are relied on from
    outside.
    """

    mode: str
    selected: int
    impact: Impact | None = None
    processed: Processed = field(default_factory=Processed)
    seconds: float = 0.0
    differences: list[dict[str, Any]] = field(default_factory=list)
    orphans: dict[str, int] = field(default_factory=dict)
    pending: int = 0

    # Shown of a long list of differences; all are counted.
    SHOWN = 50

    def add(self, chunk: Processed) -> None:
        for change in chunk.changes:
            if self.impact:
                self.impact.see(change)
            if self.mode == "verify" and change.before != change.after and len(self.differences) < self.SHOWN:
                self.differences.append(
                    {
                        "table": change.table,
                        "key": list(change.key),
                        "kind": "missing"
                        if change.before is None
                        else "extra"
                        if change.after is None
                        else "differs",
                        "fields": {
                            name: [_plain(change.before[name]), _plain(change.after[name])]  # type: ignore[index]
                            for name in change.fields()
                        },
                    }
                )
        chunk.changes.clear()
        self.processed.add(chunk)

    @property
    def changed(self) -> int:
        """Rows created, updated and deleted, of repositories' names too."""
        outcome = self.processed.outcome
        return sum(outcome.counts[k] for k in ("created", "updated", "deleted")) + outcome.repositories

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
            "parked": done.parked,
            "left_to_newer_version": done.newer,
            "pending": self.pending,
            "seconds": round(self.seconds, 3),
        }
        if self.mode == "dry-run" and self.impact:
            found["fields"] = {
                table: dict(c.most_common()) for table, c in sorted(self.impact.fields.items())
            }
            found["impact"] = self.impact.report()
        if self.mode == "verify":
            found |= {"differences": self.changed, "different": self.differences, "orphans": self.orphans}
        return found


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str | list) else str(value)

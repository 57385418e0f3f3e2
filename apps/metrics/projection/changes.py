"""What a write changed, or a dry run would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Fields = Mapping[str, Any]


class Change(NamedTuple):
    """One row before and after; None where it was not there, or is no longer."""

    table: str
    key: tuple[Any, ...]
    before: Fields | None
    after: Fields | None

    def fields(self) -> list[str]:
        if self.before is None or self.after is None:
            return []
        return [name for name, value in self.after.items() if self.before.get(name) != value]


@dataclass
class Outcome:
    """Counts of rows of PullRequest, PRReview and Commit. Changed rows of Repository (`repositories`) and of
    PullRequestCommit (`links`) are counted apart.

    `see`, where given, is shown every change, and every unchanged pull request as well (for medians).
    """

    see: Callable[[Change], None] | None = None
    counts: Counter[str] = field(default_factory=Counter)
    by_table: dict[str, Counter[str]] = field(default_factory=dict)
    repositories: int = 0
    links: int = 0
    # Streams whose row another stream has the right to: they are to be processed again.
    evicted: set[tuple[int, int, int]] = field(default_factory=set)

    def note(self, change: Change) -> str:
        kind = kind_of(change)
        self.counts[kind] += 1
        self.by_table.setdefault(change.table, Counter())[kind] += 1
        if self.see is not None and (kind != "unchanged" or change.table == "PullRequest"):
            self.see(change)
        return kind

    def add(self, other: Outcome) -> None:
        self.counts += other.counts
        self.repositories += other.repositories
        self.links += other.links
        self.evicted |= other.evicted
        for table, counts in other.by_table.items():
            self.by_table.setdefault(table, Counter()).update(counts)


def kind_of(change: Change) -> str:
    if change.before is None:
        return "created"
    if change.after is None:
        return "deleted"
    return "unchanged" if change.before == change.after else "updated"


def as_fields(columns: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(columns, row, strict=True))

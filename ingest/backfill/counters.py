"""What a run has done so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ingest.github.limits import Rate

# Of a long list of failures; all are counted.
FAILURES_KEPT = 50


@dataclass
class Counters:
    """`stored`, `duplicates` and `applied` count events by type, `visited` and `unchanged` pull requests.

    `applied`: of how many of the stored ones rows were made. `free`: of the `requests`, those to which GitHub
    said "not modified", which took nothing of the quota. `truncated`: lists that GitHub cut. `quota`: after
    the last answer, empty on a host without limits.
    """

    requests: int = 0
    free: int = 0
    visited: int = 0
    unchanged: int = 0
    stored: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)
    applied: Counter[str] = field(default_factory=Counter)
    truncated: int = 0
    failures: int = 0
    quota: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {k: dict(v) if isinstance(v, Counter) else v for k, v in values.items()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Counters:
        known: dict[str, Any] = {k: v for k, v in stored.items() if k in cls.__dataclass_fields__}
        for name in ("stored", "duplicates", "applied"):
            known[name] = Counter(known.get(name, {}))
        return cls(**known)


def quota(rate: Rate | None) -> dict[str, Any]:
    if rate is None:
        return {}
    reset = rate.reset.isoformat() if rate.reset else None
    return {"limit": rate.limit, "remaining": rate.remaining, "reset": reset, "resource": rate.resource}

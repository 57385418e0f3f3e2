"""Events a second of replays, and of what they are compared with."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from tests.bench.clock import once
from tests.bench.workers import workers

# What is measured is measured so often, the median counts; once where it takes long.
ROUNDS = 3
LARGE = 100_000


def rates(scope: Any, size: int, sample: Sequence[Any]) -> dict[str, float]:
    """By rounds in which all take their turn, so that all have the same weather."""
    from django.db import connection

    from apps.teams.models import Team
    from ingest.inspection.leading import LOOK
    from ingest.replay.replaying import dry_run, replay, verify
    from ingest.replay.starting import begin
    from tests.bench import floors, naive

    some = sample[: naive.EVENTS]
    other, _ = Team.objects.get_or_create(slug="naive", defaults={"name": "naive"})
    took: dict[str, list[float]] = {}

    def take(name: str, work: Any, count: int = size) -> None:
        took.setdefault(name, []).append(once(work) / count)

    postgres, large = connection.vendor != "sqlite", size >= LARGE
    if postgres and not large:
        floors.make_tables(sample)
    for _ in range(1 if large else ROUNDS):
        forget_rows()
        if not large:
            take("naive", lambda: naive.apply(other, some), len(some))
            forget_rows()
        take("json.loads", lambda: floors.decode(sample), len(sample))
        take("first replay", lambda: replay(scope))
        take("second replay", lambda: replay(scope))
        take("dry run", lambda: dry_run(scope))
        take("verify", lambda: verify(scope))
        take("payload scan", lambda: scan(scope), min(size, LOOK))
        with other_formula():
            take("after a formula change", lambda: replay(scope))
        if not postgres:
            continue
        if not large:
            take("INSERT ... SELECT", floors.fold)
            take("bulk_create into jsonb", lambda: floors.fill(some), len(some))
        for count, name in ((1, "one worker"), (2, "two workers")):
            forget_rows()
            with workers(count) as work:
                take(name, partial(work, begin(scope, "bench").pk))
    return {name: 1 / statistics.median(found) for name, found in took.items()}


def scan(scope: Any) -> None:
    """Search payloads for what stands in none: the newest 20,000 are read."""
    from apps.teams.models import Team
    from ingest.inspection.searching import Condition, newest

    condition = Condition.read('pull_request.user.login = "nobody at all"')
    assert not list(newest(Team.objects.get(slug=scope.team), scope).fitting(condition))


def forget_rows() -> None:
    """As before the first replay: the log alone."""
    from django.db import connection

    from apps.metrics import models as metrics
    from ingest.models import Stream

    tables = [
        m._meta.db_table for m in vars(metrics).values() if hasattr(m, "_meta") and not m._meta.abstract
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")
        else:
            cursor.execute(f"TRUNCATE {', '.join(tables)}")
    Stream.objects.update(applied=0, version=0)
    analyze()


@contextmanager
def other_formula() -> Iterator[None]:
    """Each pull request's cycle time is another one."""
    from apps.metrics.formulas import FORMULAS
    from apps.metrics.projection import project

    def changed(formula: Any) -> Any:
        def compute(row: Any, reviews: Any) -> Any:
            found = dict(formula.compute(row, reviews))
            for name in ("cycle_time_hours", "review_time_hours"):
                if found.get(name) is not None:
                    found[name] += 1
            return found

        return formula._replace(compute=compute)

    with patch.object(project, "FORMULAS", tuple(map(changed, FORMULAS))):
        yield


def analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

"""The log and the replay on one database, beside what a naive program does and what can't be undercut.

`python -m tests.bench.engine SIZE`: the database is DATABASE_URL; prints one JSON document.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import tests.environment  # noqa: F401 - the settings of the tests, whatever the developer's are
from tests.bench.clock import ROUNDS, once
from tests.bench.workers import workers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")

BATCH = 500
HISTORIES = (10, 24, 100, 1000)
LIVE_ROUNDS = 40


def measure(size: int) -> dict[str, Any]:
    from apps.teams.models import Team
    from ingest.replay.replaying import replay
    from ingest.replay.scope import Scope
    from tests.bench import corpus

    team, _ = Team.objects.get_or_create(slug="bench", defaults={"name": "bench"})
    scope = Scope(team=team.slug)
    events = corpus.events(size)
    found: dict[str, Any] = {"events": len(events)}
    found["append"] = append_rate(team, events)
    analyze()
    found["bytes"] = bytes_per_event(team)

    found |= rates(scope, events)
    found["rows changed by the second replay"] = replay(scope).changed
    found["peak MB"] = peak_memory()
    found["live"] = {str(n): live(n) for n in HISTORIES}

    return found


def rates(scope: Any, events: Sequence[Any]) -> dict[str, float]:
    """Events a second: medians of rounds in which all take their turn, so that all have the same weather."""
    from django.db import connection

    from apps.teams.models import Team
    from ingest.replay.replaying import dry_run, replay, verify
    from ingest.replay.starting import begin
    from tests.bench import floors, naive

    some = events[: naive.EVENTS]
    other, _ = Team.objects.get_or_create(slug="naive", defaults={"name": "naive"})
    took: dict[str, list[float]] = {}

    def take(name: str, work: Any, of: Sequence[Any] = events) -> None:
        took.setdefault(name, []).append(once(work) / len(of))

    postgres = connection.vendor != "sqlite"
    if postgres:
        floors.make_tables(events)
    for _ in range(ROUNDS):
        forget_rows()
        take("naive", lambda: naive.apply(other, some), some)
        forget_rows()
        take("json.loads", lambda: floors.decode(events))
        take("first replay", lambda: replay(scope))
        take("second replay", lambda: replay(scope))
        take("dry run", lambda: dry_run(scope))
        take("verify", lambda: verify(scope))
        with other_formula():
            take("after a formula change", lambda: replay(scope))
        if postgres:
            take("INSERT ... SELECT", floors.fold)
            take("bulk_create into jsonb", lambda: floors.fill(some), some)
            for count, name in ((1, "one worker"), (2, "two workers")):
                forget_rows()
                with workers(count) as work:
                    run_id = begin(scope, "bench").pk
                    take(name, partial(work, run_id))
    return {name: 1 / statistics.median(found) for name, found in took.items()}


def append_rate(team: Any, events: Sequence[Any]) -> float:
    """The median of thirds, so that each is stored once only."""
    from ingest.log.append import append

    def store(part: Sequence[Any]) -> None:
        for i in range(0, len(part), BATCH):
            append(team, part[i : i + BATCH])

    third = -(-len(events) // 3)
    parts = [events[i : i + third] for i in range(0, len(events), third)]
    return statistics.median(len(part) / once(partial(store, part)) for part in parts)


def analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def bytes_per_event(team: Any) -> dict[str, float]:
    """Of packed bodies to their JSON text, and what else the log holds of an event."""
    from django.db import connection
    from django.db.models import Sum

    from ingest.models import Fetch, RawGitHubEvent, Stream

    count = RawGitHubEvent.for_team(team).count()
    packed = Stream.for_team(team).aggregate(n=Sum("bytes"))["n"]
    text = RawGitHubEvent.for_team(team).aggregate(n=Sum("size"))["n"]
    tables = [m._meta.db_table for m in (RawGitHubEvent, Stream, Fetch)]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            marks = ", ".join(["%s"] * len(tables))
            cursor.execute(f"SELECT name FROM sqlite_master WHERE tbl_name IN ({marks})", tables)
            names = [row[0] for row in cursor.fetchall()]
            marks = ", ".join(["%s"] * len(names))
            cursor.execute(f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({marks})", names)
        else:
            sizes = "SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(%s::text[]) t"
            cursor.execute(sizes, [tables])
        (whole,) = cursor.fetchone()
    return {"bodies to text": packed / text, "else per event": (float(whole) - packed) / count}


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


def peak_memory() -> float:
    """Of a process that replays all of it and does nothing else, in MB (Linux)."""
    code = (
        "import tests.environment, django; django.setup();"
        "from ingest.replay.replaying import replay; from ingest.replay.scope import Scope;"
        "replay(Scope(team='bench'));"
        # Not ru_maxrss, which begins with that of the process it was forked from.
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    return int(subprocess.check_output([sys.executable, "-c", code], text=True)) / 1024


def live(history: int) -> dict[str, float]:
    """Milliseconds of one delivery into a stream with so many events: stored, folded, written; warm."""
    from apps.teams.models import Team
    from ingest.log.append import append
    from ingest.log.delivering import append_delivery
    from ingest.replay.processing import process
    from tests.payloads import delivered, delivery, merged, moment

    team, _ = Team.objects.get_or_create(slug=f"live-{history}", defaults={"name": "live"})
    text = "what it is about, in some words; " * 250

    def event(i: int) -> Any:
        return delivered(delivery(merged(body=text, title=f"as of {i}")), moment(seconds=i))

    append(team, [event(i) for i in range(history)])
    took = []
    for i in range(LIVE_ROUNDS):
        one = event(history + i)
        start = time.perf_counter()
        done = append_delivery(team.pk, one)
        process(sorted(done.streams), pending_only=True)
        took.append((time.perf_counter() - start) * 1000)
    took = sorted(took[5:])
    return {"p50": took[len(took) // 2], "p99": took[int(len(took) * 0.99)]}


def main(size: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    json.dump(measure(size), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))

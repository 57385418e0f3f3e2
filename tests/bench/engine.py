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
from collections.abc import Iterator
from itertools import islice
from typing import Any

import tests.environment  # noqa: F401 - the settings of the tests, whatever the developer's are
from tests.bench.rates import analyze, rates

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")

BATCH = 500
# Of so many events the bodies are kept for what is measured beside the log.
SAMPLE = 20_000
HISTORIES = (10, 24, 100, 1000)
LIVE_ROUNDS = 40


def measure(size: int) -> dict[str, Any]:
    from apps.teams.models import Team
    from ingest.replay.replaying import replay
    from ingest.replay.scope import Scope
    from tests.bench import corpus

    team, _ = Team.objects.get_or_create(slug="bench", defaults={"name": "bench"})
    scope = Scope(team=team.slug)
    sample, append_rate = store(team, corpus.events(size))
    analyze()
    found: dict[str, Any] = {"events": size, "append": append_rate, "bytes": bytes_per_event(team)}
    found |= rates(scope, size, sample)
    replay(scope)
    found["rows changed by the second replay"] = replay(scope).changed
    found["peak MB"] = peak_memory()
    found["live"] = {str(n): live(n) for n in HISTORIES}

    return found


def store(team: Any, events: Iterator[Any]) -> tuple[list[Any], float]:
    """The first events, and how many a second were stored: the median of parts of SAMPLE / 4."""
    from ingest.log.append import append

    sample: list[Any] = []
    took: list[float] = []
    while part := list(islice(events, SAMPLE // 4)):
        sample += part[: SAMPLE - len(sample)]
        start = time.perf_counter()
        for i in range(0, len(part), BATCH):
            append(team, part[i : i + BATCH])
        took.append((time.perf_counter() - start) / len(part))
    return sample, 1 / statistics.median(took)


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

    def event(number: int, i: int) -> Any:
        pull_request = merged(number, id=history * 1000 + number, body=text, title=f"as of {i}")
        return delivered(delivery(pull_request), moment(seconds=i))

    took = []
    for number in range(1, LIVE_ROUNDS + 1):
        process(sorted(append(team, [event(number, i) for i in range(history - 1)]).streams))
        one = event(number, history - 1)
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

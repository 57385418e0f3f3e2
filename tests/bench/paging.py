"""How long the pages of events take on a log of 1,000 events, and on one of a million.

`python -m tests.bench.paging SIZE`: the database is DATABASE_URL, PostgreSQL; prints one JSON document.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import tests.environment  # noqa: F401 - the settings of the tests, whatever the developer's are
from tests.bench.clock import once

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")

SMALL = 1000
ROUNDS = 9
LOG = "ingest_rawgithubevent"

# What is asked of the list, about the newest event.
FILTERS = {
    "list": "",
    "list, an older page": "?before={middle}",
    "list, by source": "?source=rest",
    "list, by type": "?type=pull_request_review",
    "list, by action": "?type=pull_request&action=closed",
    "list, by repository": "?repo={repository}",
    "list, by pull request": "?repo={repository}&number={number}",
    "list, by person": "?actor={actor}",
    "list, a person who did nothing": "?actor=nobody-at-all",
    "list, processed": "?status=processed",
    "list, pending": "?status=pending",
    "list, parked": "?status=parked",
    "list, of a month": "?since={month}&until={day}",
    "list, of most of the time": "?since={long}",
    "list, of old times": "?until={long}",
    "search by id": "?q={object}",
    "search by delivery": "?q={delivery}",
}


def measure(size: int) -> dict[str, Any]:
    from django.test import Client

    from apps.teams.factories import MembershipFactory

    admin = MembershipFactory(team__slug="bench", team__name="bench", role="admin")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(admin.user)
    fill(admin.team)
    small = times(client)
    multiplied(size // SMALL - 1)
    large = times(client)
    return {
        "events": [SMALL, size // SMALL * SMALL],
        "ms": {name: [small[name], large[name]] for name in small},
        "plans that read the whole log": sorted(set(read_all(client))),
    }


def fill(team: Any) -> None:
    """The stand-in's mix, stored and processed as if it had been delivered."""
    from ingest.log.append import append
    from ingest.replay.processing import process
    from tests.bench import corpus

    process(sorted(append(team, list(corpus.events(SMALL))).streams))
    analyze()


def multiplied(times: int) -> None:
    from ingest.pages.tests.large_log import multiply

    multiply(times, apart=timedelta(hours=6))
    analyze()


def analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def times(client: Any) -> dict[str, float]:
    """Milliseconds of each page: the shortest, which other work on the machine stretches least."""
    found = {}
    for name, address in pages():
        found[name] = min(once(partial(ask, client, address)) for _ in range(ROUNDS)) * 1000
    return found


def ask(client: Any, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code} {address}")


def pages() -> Iterator[tuple[str, str]]:
    from django.db.models import Max

    from ingest.models import RawGitHubEvent

    events = RawGitHubEvent.objects.exclude(object_id="").filter(source="webhook").exclude(actor="")
    newest = events.order_by("-id")[0]
    received = newest.received_at
    assert received
    last = RawGitHubEvent.objects.aggregate(last=Max("id"))["last"]
    facts = {
        "middle": last // 2 + 1,
        "repository": newest.repository_id,
        "number": newest.number,
        "actor": newest.actor,
        "object": newest.object_id,
        "delivery": newest.delivery_id,
        "day": f"{received:%Y-%m-%d}",
        "long": f"{received - timedelta(days=200):%Y-%m-%d}",
        "month": f"{received - timedelta(days=30):%Y-%m-%d}",
    }
    yield from ((name, f"/a/bench/events/{query.format(**facts)}") for name, query in FILTERS.items())
    yield "event", f"/a/bench/events/{newest.pk}/"
    yield "its payload", f"/a/bench/events/{newest.pk}/payload/"
    yield "its comparison", f"/a/bench/events/{newest.pk}/diff/"
    yield "timeline", f"/a/bench/events/timeline/{newest.repository_id}/{newest.number}/"


def read_all(client: Any) -> Iterator[str]:
    """The pages whose statements PostgreSQL would answer by reading all of the log."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for name, address in pages():
        with CaptureQueriesContext(connection) as asked:
            ask(client, address)
        for query in asked.captured_queries:
            sql = query["sql"] or ""
            if not sql.startswith("SELECT") or LOG not in sql:
                continue
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
                # The second: along the ids from one end of the log, until something fits.
                if f"Seq Scan on {LOG}" in plan or "Index Cond: (id IS NOT NULL)" in plan:
                    yield name


def main(size: int) -> None:
    import django

    django.setup()
    logging.disable(logging.INFO)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    json.dump(measure(size), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""Accepted deliveries: how many a second, and how long each takes."""

from __future__ import annotations

import itertools
import json
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import tests.environment  # noqa: F401 - the settings of the tests, whatever the developer's are
from tests.bench.load import Result, prepared, send
from tests.live import brokers, processes
from tests.live.processes import free_port, listens, wait_until
from tests.postgres import postgres_server

SECRET = "bench"
# The mean of recorded deliveries of pull requests is 10.7 KB; most of it is text that packs well.
FILLING = 9000
AT_ONCE = 600
ROUNDS = 3


def deliveries() -> Iterator[Any]:
    """Each of another pull request, so that each makes a stream and tells a worker: the dearest kind."""
    from tests.live.deliveries import Delivery
    from tests.payloads import as_bytes, delivery, delivery_id, merged, moment

    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(500)]
    for number in itertools.count(1):
        text = " ".join(chance.choices(words, k=FILLING // 7))
        body = as_bytes(delivery(merged(number, body=text), "closed"))
        yield Delivery("pull_request", delivery_id(moment(seconds=number), str(number)), body)


def measure(port: int) -> dict[str, dict[str, float]]:
    """Medians of rounds in which both take their turn, so that both have the same weather."""
    from apps.integrations.factories import GitHubIntegrationFactory
    from apps.integrations.services.github_webhooks import endpoint_of

    team = GitHubIntegrationFactory.create(webhook_secret=SECRET).team
    path = f"/webhooks/github/{endpoint_of(team).key}/"
    source = deliveries()

    def batch(where: str, count: int) -> list[bytes]:
        return [prepared(where, one.headers(SECRET), one.body) for one in itertools.islice(source, count)]

    places = {"webhook": path, "bare view": "/bare/"}
    for where in places.values():
        send(port, batch(where, 200))
    peaks = _rounds(places, lambda where: send(port, batch(where, AT_ONCE)))
    half = peaks["webhook"].rate / 2
    # Both at the same rate: the bare view is then far from its own peak, which is the harder comparison.
    calm = _rounds(places, lambda where: send(port, batch(where, AT_ONCE), half))
    found = {
        name: {
            "deliveries/s": peaks[name].rate,
            "p50 ms at peak": peaks[name].p50 * 1000,
            "p99 ms at peak": peaks[name].p99 * 1000,
            "rate of the calm rounds": calm[name].rate,
            "p50 ms": calm[name].p50 * 1000,
            "p99 ms": calm[name].p99 * 1000,
        }
        for name in places
    }
    return found


def _rounds(places: dict[str, str], run: Callable[[str], Result]) -> dict[str, Result]:
    results: dict[str, list[Result]] = {name: [] for name in places}
    for _ in range(ROUNDS):
        for name, where in places.items():
            results[name].append(run(where))
    return {
        name: Result(
            *(statistics.median(getattr(r, field) for r in found) for field in ("rate", "p50", "p99"))
        )
        for name, found in results.items()
    }


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tformance-bench-")))
        broker = brokers.find(os.environ.get("BROKER", ""), folder)
        stack.callback(broker.stop)
        broker.start()
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "DATABASE_URL": stack.enter_context(postgres_server()),
            "CELERY_BROKER_URL": broker.url,
        }
        port = free_port()
        prepare_database()
        web = processes.web(processes.environment(), folder, port)
        stack.callback(web.stop)
        web.start()
        wait_until(lambda: listens(port), processes.START_SECONDS, "the web server starts")
        json.dump(measure(port), sys.stdout)


def prepare_database() -> None:
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)

    from tests.bench.bare.models import Body

    with connection.schema_editor() as editor:
        editor.create_model(Body)


if __name__ == "__main__":
    main()

"""An account of many repositories: counted, followed and fetched by workers, while deliveries come in.

`python -m tests.bench.many PULLS`: so many pull requests in 500 repositories; prints one JSON document. The
processes are those of the Procfile, on PostgreSQL.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import tests.environment  # noqa: F401 - the settings of the tests, whatever the developer's are
from tests.bench.organization import name
from tests.live import brokers, processes
from tests.live.processes import CELERY, Process, free_port, listens, wait_until
from tests.postgres import postgres_server

REPOSITORIES = 500
SECRET = "bench"
# Between two deliveries, and the longest that one may wait to be in the tables.
PAUSE, PATIENCE = 1.0, 120.0
# All is over or the bench is.
HOURS = 1.5
# Pull requests of the deliveries have greater numbers.
MADE_HERE = 1_000_000


def measure(port: int, pulls: int, standin: str) -> dict[str, Any]:
    from apps.integrations.factories import GitHubIntegrationFactory
    from apps.integrations.models import AvailableRepository
    from apps.integrations.services.encryption import encrypt
    from apps.integrations.services.github_client import client_for
    from apps.integrations.services.repositories.following import follow_many
    from apps.integrations.services.repositories.listing import refresh_available
    from apps.metrics.models import PullRequest
    from ingest.backfill.window import Window
    from ingest.models import Run

    integration = GitHubIntegrationFactory.create(
        organization_slug="acme", webhook_secret=SECRET, credential__access_token=encrypt("gho_bench")
    )
    with client_for(integration.credential) as client:
        refresh_available(integration, client)
    listed = list(AvailableRepository.objects.filter(integration=integration).order_by("-pushed_at"))
    found: dict[str, Any] = {"repositories": len(listed), "pull requests": pulls}
    found["plan"] = planned(integration, listed)
    started = time.monotonic()
    follow_many(integration, listed, Window(None), "bench")
    found["followed, s"] = time.monotonic() - started

    waits, finished = meanwhile(integration.team, port)
    found["deliveries"] = {
        "count": len(waits),
        "p50 s": statistics.median(waits),
        "longest s": max(waits),
    }
    runs = Run.objects.filter(state=Run.State.COMPLETE)
    order = list(runs.order_by("finished_at").values_list("scope__repository", flat=True))
    tenth = max(1, len(listed) // 10)
    latest = {f"acme/{name(number)}" for number in range(2 * tenth)}
    found |= {
        "complete": len(set(order)),
        "first complete, s": finished[0] if finished else None,
        "tenth complete, s": finished[tenth - 1] if len(finished) >= tenth else None,
        "all complete, s": finished[-1] if finished else None,
        "of the first tenth, pushed to lately": len(latest.intersection(order[:tenth])) / tenth,
        "failures": sum(run.counters.get("failures", 0) for run in Run.objects.all()),
        "missing": pulls - PullRequest.for_team(integration.team).exclude(number__gt=MADE_HERE).count(),
        "github": asked(standin),
    }
    return found


def planned(integration: Any, listed: Any) -> dict[str, Any]:
    from apps.integrations.services.repositories.planning import plan_of_many
    from ingest.backfill.window import Window

    started = time.monotonic()
    plan, problem = plan_of_many(integration.team, integration, listed, Window(None))
    if plan is None:
        raise RuntimeError(problem)
    return {
        "requests": plan.asked,
        "s": time.monotonic() - started,
        "counted": plan.counted,
        "pull requests": plan.pull_requests,
        "api": plan.choice.api if plan.choice else None,
        "minutes": plan.minutes,
    }


def meanwhile(team: Any, port: int) -> tuple[list[float], list[float]]:
    """Post a delivery a second until no backfill is left. How long each took to be in the tables, and after
    how many seconds each backfill that ended was seen to have ended.
    """
    from apps.integrations.services.github_webhooks import endpoint_of
    from apps.metrics.models import PullRequest
    from ingest.models import Run
    from tests.live.deliveries import Delivery
    from tests.live.posting import post
    from tests.payloads import as_bytes, delivery, delivery_id, merged, moment

    path = f"/webhooks/github/{endpoint_of(team).key}/"
    waits: list[float] = []
    finished: list[float] = []
    started = time.monotonic()
    while Run.objects.filter(state__in=Run.ACTIVE).exists() and time.monotonic() - started < HOURS * 3600:
        number = MADE_HERE + 1 + len(waits)
        body = as_bytes(delivery(merged(number, id=10**12 + number), "closed"))
        posted = time.monotonic()
        status = post(
            port, path, Delivery("pull_request", delivery_id(moment(seconds=number), "x"), body), SECRET
        )
        if status != 202:
            raise RuntimeError(f"a delivery was answered {status}")
        rows = PullRequest.for_team(team).filter(number=number)
        wait_until(rows.exists, PATIENCE, "a delivery is in the tables")
        waits.append(time.monotonic() - posted)
        complete = Run.objects.filter(state=Run.State.COMPLETE)
        ended = complete.values("github_repo_id").distinct().count()
        finished += [time.monotonic() - started] * (ended - len(finished))
        if len(waits) % 30 == 0:
            print(f"{time.monotonic() - started:.0f} s: {ended} complete", file=sys.stderr, flush=True)  # noqa: T201
        time.sleep(PAUSE)
    return waits, finished


def asked(standin: str) -> dict[str, Any]:
    import requests

    with requests.Session() as session:
        session.trust_env = False
        report = session.get(f"{standin}/_standin/requests", timeout=60).json()
    return {
        "requests": report["total"],
        "busiest minute": report["busiest_minute"],
        "at once": report["most_at_once"],
    }


@contextmanager
def github(pulls: int) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "tests.bench.organization",
        str(REPOSITORIES),
        str(pulls // REPOSITORIES),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def workers(environment: dict[str, str], folder: Path, port: int) -> list[Process]:
    """As in the Procfile."""

    def worker(queues: str, processes_of_it: int) -> Process:
        named = ["-n", f"{queues.partition(',')[0]}@%h", "-Q", queues, "--concurrency", str(processes_of_it)]
        command = [sys.executable, *CELERY, "worker", "-l", "warning", *named]
        return Process(command, environment, folder / f"{queues}.log")

    return [
        processes.web(environment, folder, port),
        worker("celery,github", 2),
        worker("backfill", 1),
        processes.beat(environment, folder),
    ]


def main(pulls: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tformance-bench-")))
        broker = brokers.find(os.environ.get("BROKER", ""), folder)
        stack.callback(broker.stop)
        broker.start()
        standin, port = stack.enter_context(github(pulls)), free_port()
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tformance.settings",
            "DATABASE_URL": stack.enter_context(postgres_server()),
            "CELERY_BROKER_URL": broker.url,
            "GITHUB_API_URL": standin,
            "SITE_URL": f"http://127.0.0.1:{port}",
        }

        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        for started in workers(processes.environment(), folder, port):
            stack.callback(started.stop)
            started.start()
        wait_until(lambda: listens(port), processes.START_SECONDS, "the web server starts")
        json.dump(measure(port, pulls, standin), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""A backfill beside a loop that asks REST for the same, one request after the other, of the same stand-in.

`python -m tests.bench.backfilling`: the database is DATABASE_URL; prints one JSON document.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import tests.environment  # noqa: F401 - the settings of the tests, whatever the developer's are
from ingest.standin import Standin, World, running

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
# Of the comparison: pull requests, and seconds added to every answer.
PULLS, LATENCY = 300, 0.025
# Of the count of requests.
MANY = 1000
TURNS = 3
# Of the run to which everything happens; all of them were updated in so many days.
DISTURBED, DAYS = 2000, 10_000
KILLS = {"rest": 60, "graphql": 3}
LIMITS = {"rest": 10, "graphql": 1}


def measure() -> dict[str, Any]:
    world = World.generate(pulls=PULLS, now=NOW)
    with running(world, clock=lambda: NOW + timedelta(hours=1)) as standin:
        # Pull requests are made when they are asked for: not while somebody looks at the clock.
        loop(standin)
        standin.behaviour.latency = LATENCY
        looped, backfilled, run = [], [], None
        for turn in range(TURNS):
            looped.append(timed(lambda: loop(standin)))
            started = time.perf_counter()
            run = backfill(standin, f"auto-{turn}", "auto")
            backfilled.append(time.perf_counter() - started)
        standin.behaviour.latency = 0
        paced = busiest(world)
    return {
        "everything at once": {api: everything_at_once(api) for api in ("rest", "graphql")},
        "pull requests": PULLS,
        "REST loop, s": min(looped),
        "auto, s": min(backfilled),
        "api": run.scope["api"] if run else "",
        "requests": {api: requests(api) for api in ("rest", "graphql")},
        "busiest minute": paced,
    }


def timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def loop(standin: Standin) -> int:
    """The same facts: lists, and each pull request's detail, reviews and commits to their last page."""
    import requests as http

    session = http.Session()
    session.trust_env = False
    session.headers["Authorization"] = "Bearer token"
    asked = 0

    def pages(url: str | None) -> Any:
        nonlocal asked
        while url:
            answer = session.get(url)
            answer.raise_for_status()
            asked += 1
            yield answer.json()
            url = answer.links.get("next", {}).get("url")

    base = f"{standin.url}/repos/acme/rocket/pulls"
    for page in pages(f"{base}?state=all&sort=created&direction=asc&per_page=100"):
        for pull in page:
            for part in ("", "/reviews?per_page=100", "/commits?per_page=100"):
                for _ in pages(f"{base}/{pull['number']}{part}"):
                    pass
    return asked


def backfill(standin: Standin, slug: str, api: str, **options: Any) -> Any:
    """Of all pull requests, rows included, for a team of its own."""
    from apps.teams.models import Team
    from ingest.backfill.performing import perform
    from ingest.backfill.starting import start
    from ingest.backfill.window import Window
    from ingest.github.client import GitHubClient
    from ingest.runs.lease import take

    team = Team.objects.create(slug=slug, name=slug)
    repository = standin.world.repository
    run, _ = start(team, repository.id, repository.full_name, Window(None), api=api)
    with GitHubClient(lambda: "token", base_url=standin.url, **options) as client:
        return perform(take(run), client)


def requests(api: str) -> int:
    """Of pull requests of the most ordinary kind: at most a page of each list."""
    world = World.generate(pulls=MANY, now=NOW)
    with running(world, clock=lambda: NOW + timedelta(hours=1)) as standin:
        backfill(standin, f"many-{api}", api)
        return len(standin.requests)


def everything_at_once(api: str) -> dict[str, Any]:
    """With faults, limits, kills, and rows that change places, beside the same undisturbed."""
    from apps.metrics.models import PullRequest
    from apps.teams.models import Team
    from ingest.backfill.window import Window
    from tests import faults

    class Clock:
        now = NOW + timedelta(hours=1)

        def __call__(self) -> datetime:
            return self.now

    world = World.generate(pulls=DISTURBED, now=NOW)
    clock = Clock()
    every = Window(DAYS)
    with running(world, clock=clock) as standin:
        standin.behaviour.rate_limit = 50_000
        team = Team.objects.create(slug=f"undisturbed-{api}", name="undisturbed")
        faults.backfill(standin, team, api, clock, every)
        undisturbed = len(standin.requests)
    with running(world, clock=clock, **faults.FAULTS) as standin:
        standin.behaviour.rate_limit = 50_000
        team = Team.objects.create(slug=f"disturbed-{api}", name="disturbed")
        at_random = {"kills": KILLS[api], "limits": LIMITS[api], "within": undisturbed}
        run = faults.through_everything(standin, team, api, clock, window=every, **at_random)
        disturbed = len(standin.requests)
    return {
        "pull requests": PullRequest.for_team(team).count(),
        "requests": disturbed / undisturbed,
        "undisturbed": undisturbed,
        "missing": DISTURBED - PullRequest.for_team(team).count() + run.counters["failures"],
        "duplicates": faults.duplicates(team),
    }


def busiest(world: World) -> dict[str, int]:
    """The most points in a minute with GitHub's own pace, as the stand-in counts them by its own clock."""
    from ingest.github.pacing import GITHUB_COM_POINTS
    from ingest.github.shared_pacer import SharedPacer

    passed = 0.0

    def clock() -> datetime:
        return NOW + timedelta(hours=1, seconds=passed)

    def sleep(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    found = {}
    with running(world, clock=clock) as standin:
        standin.behaviour.points_a_minute = int(GITHUB_COM_POINTS["rest"])
        standin.behaviour.graphql_points_a_minute = int(GITHUB_COM_POINTS["graphql"])
        for api, resource in (("rest", "core"), ("graphql", "graphql")):
            pacer = SharedPacer(lambda: "bench", GITHUB_COM_POINTS, clock=clock, sleep=sleep)
            backfill(standin, f"paced-{api}", api, pacer=pacer, clock=clock, sleep=sleep)
            found[resource] = standin.requests.busiest_minute(resource)
    return found


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    json.dump(measure(), sys.stdout)


if __name__ == "__main__":
    main()

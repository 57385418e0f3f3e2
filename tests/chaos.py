"""Kills web, worker, beat and broker while deliveries come in, and counts what became of each: `make chaos`.

SIGKILL, each for at least once, at random places among the deliveries (SEED), started again a moment later.
A delivery that got no 2xx is posted again, as GitHub's button does. In the end every accepted one has to be
in the log, and processed or parked, without anyone calling replay.

COUNT (5000) deliveries; DB=sqlite or postgres; BROKER=redis, rabbitmq or files.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import tests.environment  # noqa: F401 - the settings of the tests, whatever the developer's are
from tests.live import brokers, processes
from tests.live.processes import Process, free_port, listens, wait_until
from tests.postgres import postgres_server

if TYPE_CHECKING:
    from apps.teams.models import Team
    from tests.live.deliveries import Delivery

SECRET = "chaos"
DELIVERIES_PER_KILL = 100
LEAST_KILLS = 8
AT_ONCE = 4
DOWN_SECONDS = (0.1, 1.5)
GIVE_UP_SECONDS = 120
PROCESSED_SECONDS = 300


class Target(NamedTuple):
    """What can be killed and started again."""

    name: str
    process: Process | brokers.Broker


@dataclass
class Posted:
    accepted: set[str] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


def kill_and_start(target: Target, chance: random.Random, posted: Posted) -> None:
    target.process.kill()
    posted.kills[target.name] += 1
    time.sleep(chance.uniform(*DOWN_SECONDS))
    target.process.start()


def post_until_accepted(port: int, path: str, delivery: Delivery, posted: Posted) -> None:
    from tests.live.posting import post

    end = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < end:
        try:
            status = post(port, path, delivery, SECRET)
        except (OSError, HTTPException) as error:
            outcome = type(error).__name__
        else:
            if status // 100 == 2:
                with posted.lock:
                    posted.accepted.add(delivery.id)
                return
            outcome = str(status)
        with posted.lock:
            posted.failures[outcome] += 1
        time.sleep(0.2)


def post_and_kill(
    deliveries: list[Delivery], targets: list[Target], port: int, path: str, chance: random.Random
) -> Posted:
    posted = Posted()
    kills = max(LEAST_KILLS, len(deliveries) // DELIVERIES_PER_KILL)
    places = sorted(chance.sample(range(len(deliveries)), kills))
    # Each in turn, so that none is spared; from one place to the next the killer waits for its start.
    victims = dict(zip(places, (targets[i % len(targets)] for i in range(kills)), strict=True))
    window = threading.Semaphore(2 * AT_ONCE)

    def one(delivery: Delivery) -> None:
        try:
            post_until_accepted(port, path, delivery, posted)
        finally:
            window.release()

    with ThreadPoolExecutor(AT_ONCE) as posters, ThreadPoolExecutor(1) as killer:
        killed = []
        for i, delivery in enumerate(deliveries):
            if i in victims:
                killed.append(killer.submit(kill_and_start, victims[i], chance, posted))
            window.acquire()
            posters.submit(one, delivery)
    for found in killed:
        found.result()
    return posted


def deliveries_of(count: int, chance: random.Random) -> list[Delivery]:
    """The stand-in's, in a random order; as many pull requests as are needed."""
    from tests.live.deliveries import made_up

    found = made_up(pulls=20 + count // 4)[: count - 1]
    # Signed, and no JSON: it has to end parked.
    found.append(found[0]._replace(id="unreadable", body=b'{"pull_request":'))
    return chance.sample(found, len(found))


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/chaos.sqlite3"
        return
    with postgres_server() as url:
        yield url


def team_and_path() -> tuple[Team, str]:
    from apps.integrations.factories import GitHubIntegrationFactory
    from apps.integrations.services.github_webhooks import endpoint_of

    team: Team = GitHubIntegrationFactory.create(webhook_secret=SECRET).team
    return team, f"/webhooks/github/{endpoint_of(team).key}/"


def all_is_processed() -> bool:
    from django.db import OperationalError

    from ingest.live.pending import is_pending

    try:
        return not is_pending()
    except OperationalError:
        return False


def count_what_became(team: Team, posted: Posted) -> tuple[dict[str, int], int]:
    """The table's lines, and how many accepted deliveries are missing from the log or not processed."""
    from django.db.models import F

    from ingest.models import ParkedEvent, RawGitHubEvent, Stream

    events = RawGitHubEvent.for_team(team)
    stored = dict(events.values_list("delivery_id", "pk"))
    lost = posted.accepted - stored.keys()
    waiting = Stream.for_team(team).filter(events__gt=F("applied"))
    keys = set(waiting.values_list("repository_id", "number"))
    left = {
        i for i, *key in events.values_list("delivery_id", "repository_id", "number") if tuple(key) in keys
    }
    parked = set(ParkedEvent.for_team(team).values_list("event_id", flat=True))
    parked_accepted = {i for i in posted.accepted & stored.keys() if stored[i] in parked}
    unprocessed = posted.accepted & left
    lines = {
        "accepted (2xx)": len(posted.accepted),
        "in the log": len(posted.accepted) - len(lost),
        "processed": len(posted.accepted) - len(lost) - len(parked_accepted) - len(unprocessed),
        "parked": len(parked_accepted),
        "LOST": len(lost),
        "NOT PROCESSED": len(unprocessed),
        "stored twice": events.count() - len(stored),
    }
    return lines, len(lost) + len(unprocessed) + events.count() - len(stored)


def main(options: Mapping[str, str]) -> int:
    count, seed = int(options.get("COUNT") or 5000), int(options.get("SEED") or random.randrange(10**6))
    chance = random.Random(seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tformance-chaos-")))
        kind = options.get("DB") or "postgres"
        url = stack.enter_context(database(kind, folder))
        broker = brokers.find(options.get("BROKER", ""), folder)
        say(f"{count} deliveries, {kind}, {type(broker).__name__}, SEED={seed}")
        os.environ |= {"DATABASE_URL": url, "CELERY_BROKER_URL": broker.url}

        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        team, path = team_and_path()
        port, shared = free_port(), processes.environment()
        web = processes.web(shared, folder, port)
        worker, beat = processes.worker(shared, folder), processes.beat(shared, folder)
        for started in (broker, web, worker, beat):
            stack.callback(started.stop)
            started.start()
        wait_until(lambda: listens(port), processes.START_SECONDS, "the web server starts")

        targets = [
            Target("web", web),
            Target("worker", worker),
            Target("broker", broker),
            Target("beat", beat),
        ]
        start = time.monotonic()
        posted = post_and_kill(deliveries_of(count, chance), targets, port, path, chance)
        say(f"posted in {time.monotonic() - start:.0f} s, killed: {dict(posted.kills)}")
        say(f"attempts without a 2xx, made again: {dict(posted.failures)}")
        try:
            wait_until(all_is_processed, PROCESSED_SECONDS, "all is processed")
        except TimeoutError as error:
            say(str(error))
        lines, missing = count_what_became(team, posted)
        for name, number in lines.items():
            say(f"{name:<16}{number:>8}")
        if missing or len(posted.accepted) < count:
            say(worker.said()[-3000:])
            return 1
        return 0


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tformance.settings"
    sys.exit(main(os.environ))

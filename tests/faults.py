"""A backfill to which everything happens: faults, limits, rows that change places, kills."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

from django.utils import timezone

from apps.teams.models import Team
from ingest.backfill.performing import perform
from ingest.backfill.starting import start
from ingest.backfill.window import Window
from ingest.github.client import GitHubClient
from ingest.github.transport import send
from ingest.models import RawGitHubEvent, Run
from ingest.runs.lease import EXPIRES, take
from ingest.standin import Standin


class Killed(BaseException):
    """Nothing catches it, as nothing runs after a SIGKILL."""


# Every fifth answer is none: 5xx, or the connection drops.
FAULTS: dict[str, Any] = {"error_every": 7, "drop_every": 17, "shift_rows": 1}


def backfill(standin: Standin, team: Team, api: str, clock: Any, window: Window | None = None) -> Run:
    """To its end or to a limit, which is over when this is called again."""
    repository = standin.world.repository
    run, _ = start(team, repository.id, repository.full_name, window or Window(), api=api)
    Run.objects.filter(pk=run.pk).update(not_before=None)
    client = GitHubClient(
        lambda: "token", base_url=standin.url, sleep=lambda seconds: None, clock=clock, timeout=(5.0, 15.0)
    )
    with client:
        return perform(take(run, paused=True), client)


def through_everything(
    standin: Standin,
    team: Team,
    api: str,
    clock: Any,
    *,
    kills: int,
    limits: int,
    within: int,
    window: Window | None = None,
) -> Run:
    """With so many kills and limits, at random between any two of the first `within` requests."""
    chance = random.Random(7)
    fatal = sorted(chance.sample(range(2, within), kills))
    limited = sorted(chance.sample(range(2, within), limits))
    begun = 0

    def between() -> None:
        nonlocal begun
        begun += 1
        if limited and begun >= limited[0]:
            limited.pop(0)
            standin.behaviour.rate_limit = standin.behaviour.graphql_rate_limit = 0
        if fatal and begun >= fatal[0]:
            fatal.pop(0)
            raise Killed

    while True:
        try:
            with _before_each_request(between):
                run = backfill(standin, team, api, clock, window)
        except Killed:
            long_ago = timezone.now() - EXPIRES - timedelta(seconds=1)
            Run.for_team(team).exclude(lease="").update(heartbeat_at=long_ago)
            continue
        if run.state != Run.State.WAITING:
            return run
        assert run.not_before is not None
        clock.now = max(clock.now, run.not_before)
        standin.behaviour.rate_limit = standin.behaviour.graphql_rate_limit = 50_000


@contextmanager
def _before_each_request(between: Callable[[], None]) -> Iterator[None]:
    def send_later(*arguments: Any, **options: Any) -> Any:
        between()
        return send(*arguments, **options)

    with mock.patch("ingest.github.client.send", send_later):
        yield


def duplicates(team: Team) -> int:
    """Events that say nothing but what another says of the same object from the same place."""
    facts = RawGitHubEvent.for_team(team).values_list(
        "number", "event_type", "endpoint", "object_id", "sha256"
    )
    found = list(facts)
    return len(found) - len(set(found))

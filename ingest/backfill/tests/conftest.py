from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.backfill.performing import perform
from ingest.backfill.plan import Plan, Planning
from ingest.backfill.repository import find
from ingest.backfill.starting import start
from ingest.backfill.window import Window
from ingest.github import client as client_module
from ingest.github.client import GitHubClient
from ingest.models import Run
from ingest.runs.lease import EXPIRES, take
from ingest.standin import Standin, World, endpoints, running
from ingest.standin.answer import Answer, Request, packed
from ingest.standin.wire import listen
from tests.clock import Clock
from tests.tables import tables

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    """An hour after the newest thing of the world."""
    return Clock(NOW + timedelta(hours=1))


@pytest.fixture
def world() -> World:
    return World.generate(pulls=30, now=NOW)


@pytest.fixture
def standin(world: World, clock: Clock) -> Iterator[Standin]:
    with running(world, clock=clock) as standin:
        yield standin


@pytest.fixture
def team(db: None) -> Team:
    return TeamFactory(slug="core")


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 3, so that a small world has many, and no list of 84 of them."""
    monkeypatch.setattr(client_module, "PER_PAGE", 3)
    monkeypatch.setattr(endpoints, "COMMITS_LISTED", 5)


@pytest.fixture
def refused(standin: Standin, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Ends of paths, each with the status that it is answered with; the rest is answered as ever."""
    statuses: dict[str, int] = {}

    def answer(request: Request) -> Answer:
        status = next((status for end, status in statuses.items() if request.path.endswith(end)), None)
        if status is None:
            return standin.answer(request)
        return Answer(status, packed({"message": "no"}), {"Content-Type": "application/json"})

    with listen(answer) as url:
        monkeypatch.setattr(standin, "url", url)
        yield statuses


Backfilling = Callable[..., Run]


@pytest.fixture
def backfill() -> Backfilling:
    """Backfills `acme/rocket` for a team, or goes on with its run; `client` are options of the client."""

    def run(
        standin: Standin,
        team: Team,
        window: Window | None = None,
        client: dict[str, Any] | None = None,
        api: str = "rest",
        **options: Any,
    ) -> Run:
        repository = standin.world.repository
        found, _ = start(team, repository.id, repository.full_name, window or Window(), api=api)
        options_of_client = {"sleep": lambda seconds: None, **(client or {})}
        with GitHubClient(lambda: "token", base_url=standin.url, **options_of_client) as asked:
            return perform(take(found, paused=True), asked, **options)

    return run


@pytest.fixture
def plan(standin: Standin) -> Callable[..., Plan]:
    def make(
        window: Window, team: Team | None = None, per_second: float | None = None, api: str = "rest"
    ) -> Plan:
        with GitHubClient(lambda: "token", base_url=standin.url, sleep=lambda seconds: None) as client:
            repository = find(client.get, "acme/rocket")
            planning = Planning(
                client,
                repository,
                team_id=team.pk if team else None,
                per_second=per_second,
                clock=lambda: 0.0,
            )
            return planning.plan(window, api)

    return make


def expire(team: Team) -> None:
    """Whoever holds the team's runs has been silent for too long."""
    long_ago = timezone.now() - EXPIRES - timedelta(seconds=1)
    Run.for_team(team).exclude(lease="").update(heartbeat_at=long_ago)


def in_window(world: World, days: int = 90, now: datetime | None = None) -> set[int]:
    """What belongs to a backfill, by the stand-in's own truth."""
    cutoff = (now or NOW + timedelta(hours=1)) - timedelta(days=days)
    return {n for n, o in world.outlines.items() if o.updated_at >= cutoff or o.state == "open"}


def rows_of(team: Team, left_out: tuple[str, ...] = ()) -> dict[str, list[dict[str, Any]]]:
    """The tables, less which event or answer told what: of the same facts by another API they are equal."""
    told = {"last_event_id", "from_events", "facts", "name_digest", *left_out}
    return {
        name: [{key: value for key, value in row.items() if key not in told} for row in rows]
        for name, rows in tables(team).items()
    }

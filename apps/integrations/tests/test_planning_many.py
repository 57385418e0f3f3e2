"""What many backfills would take, counted with a few queries."""

from datetime import timedelta

import pytest

from apps.integrations.services.github_client import client_with
from apps.integrations.services.repositories import planning_many
from apps.integrations.services.repositories.planning_many import Wanted, plan_many
from ingest.backfill.window import Window
from ingest.standin import World

from .conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(planning_many.timezone, "now", lambda: NOW + timedelta(hours=1))


@pytest.fixture
def worlds(standin):
    standin.worlds[:] = [
        World.generate(seed=n, repository=f"part-{n}", pulls=3 + n, now=NOW) for n in range(7)
    ]
    return standin.worlds


def wanted(worlds):
    return [Wanted(world.repository.id, f"acme/{world.repository.name}") for world in worlds]


def plan(worlds, window=None, **options):
    values = {"team_id": None, "per_second": 15.0, **options}
    with client_with(lambda: "ghp_x") as client:
        return plan_many(client, wanted(worlds), window or Window(), **values)


def in_window(world, days):
    cutoff = NOW + timedelta(hours=1) - timedelta(days=days)
    return sum(o.updated_at >= cutoff or o.state == "open" for o in world.outlines.values())


@pytest.mark.parametrize("days", [30, 90, None])
def test_pull_requests_of_all(worlds, days):
    found = plan(worlds, Window(days))
    expected = sum(len(w.outlines) if days is None else in_window(w, days) for w in worlds)
    assert (found.repositories, found.counted, found.pull_requests) == (7, 7, expected)
    assert found.asked == 2, "a query and the quota"
    rest, graphql = found.estimates
    assert rest.requests == 3 * expected + sum(3 for w in worlds if days is None or in_window(w, days)) + sum(
        2 for w in worlds if days is not None and not in_window(w, days)
    )
    assert graphql.requests < rest.requests
    assert found.choice.api == "graphql"
    assert found.as_json()["minutes"] == found.minutes


def test_what_can_not_be_seen_is_named(worlds):
    gone = World.generate(seed=99, repository="gone", pulls=2, now=NOW)
    found = plan([*worlds, gone])
    assert (found.unseen, found.counted) == (["acme/gone"], 7)


def test_when_time_is_up_the_rest_is_reckoned(worlds, monkeypatch):
    monkeypatch.setattr(planning_many, "SEARCHED", 2)
    ticks = iter(range(0, 1000, 6))
    found = plan(worlds, patience=10.0, clock=lambda: float(next(ticks)))
    assert 0 < found.counted < found.repositories == 7
    part = sum(in_window(w, 90) for w in worlds[: found.counted])
    assert found.pull_requests == round(part * 7 / found.counted)


def test_a_query_that_is_too_much_is_halved(worlds, standin, monkeypatch):
    asked = []
    count = planning_many._Counting._count

    def too_large(self, part):
        asked.append(len(part))
        if len(part) > 2:
            raise planning_many.QueryTooLarge("too much", url="x")
        count(self, part)

    monkeypatch.setattr(planning_many._Counting, "_count", too_large)
    assert plan(worlds).counted == 7
    assert asked == [7, 7, 3, 1, 1, 1, 1, 1, 1, 1] or max(asked[3:]) <= 2


def test_without_graphql_it_says_why(worlds, standin):
    standin.behaviour.graphql_error_every = 1
    found = plan(worlds)
    assert (found.counted, found.chosen) == (0, None)
    assert "too much at once" in found.problem

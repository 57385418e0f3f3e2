"""By GraphQL the same comes into the log and the tables, in a fiftieth of the requests."""

import pytest

from apps.metrics.models import PullRequest
from apps.teams.factories import TeamFactory
from ingest.backfill.graphql import queries
from ingest.backfill.report import report
from ingest.backfill.window import Window
from ingest.github import client as client_module
from ingest.models import Fetch, RawGitHubEvent, Run, Visit
from ingest.standin import World, running
from tests.tables import log_of

from .conftest import NOW, in_window, rows_of

pytestmark = pytest.mark.django_db


def test_what_it_stores_and_asks(standin, world, team, backfill):
    run = backfill(standin, team, api="graphql")

    assert run.state == Run.State.COMPLETE
    assert set(PullRequest.for_team(team).values_list("number", flat=True)) == in_window(world)
    # The repository, the three lists of a window, and three further pages of the longest list of commits.
    assert standin.requests.count("graphql", 200) == run.counters["requests"] - 1 < 8
    assert (run.counters["visited"], run.counters["failures"]) == (len(in_window(world)), 0)
    assert run.counters["applied"] == run.counters["stored"]
    assert Visit.for_team(team).count() == len(in_window(world))
    events = RawGitHubEvent.for_team(team)
    assert set(events.values_list("source", "event_type")) == {("graphql", "pull_request")}
    assert set(events.values_list("repository_id", "repository_name")) == {
        (world.repository.id, "acme/rocket")
    }


def test_the_query_is_in_the_facts_of_its_fetch(standin, world, team, backfill):
    run = backfill(standin, team, api="graphql")
    fetches = Fetch.for_team(team).filter(run=run)
    whole = fetches.first()
    assert (whole.url, whole.status) == (f"{standin.url}/graphql", 200)
    assert whole.request_id
    assert whole.details["query"] == queries.page("a/b", "updated", 50, None, whole=True).sha256
    assert whole.details["cost"] > 1
    assert whole.details["rate"]["resource"] == "graphql"
    assert "errors" not in whole.details


def test_every_list_is_read_to_its_end(standin, world, team, backfill, monkeypatch):
    whole = TeamFactory()
    backfill(standin, whole, api="graphql")
    for name in ("WHOLE", "PULL"):
        text = getattr(queries, name)
        for part in (f"reviews(first: {queries.REVIEWS}", f"commits(first: {queries.COMMITS}"):
            text = text.replace(part, part.partition(":")[0] + ": 1")
        monkeypatch.setattr(queries, name, text.replace("timelineItems(first: 10", "timelineItems(first: 1"))
    monkeypatch.setattr(queries, "PER_PAGE", 40)

    run = backfill(standin, team, api="graphql")

    assert run.state == Run.State.COMPLETE
    assert rows_of(team) == rows_of(whole)
    endpoints = set(RawGitHubEvent.for_team(team).values_list("endpoint", flat=True))
    assert {"pulls", "pull/reviews/2", "pull/commits/2", "pull/commits/8"} <= endpoints
    # Again: nothing is new, and the lists are read by numbers.
    standin.requests.clear()
    again = backfill(standin, team, api="graphql")
    assert again.counters["unchanged"] == len(in_window(world))
    assert again.counters["stored"] == {}


@pytest.mark.parametrize("window", [Window(90), Window(None), Window(7)])
def test_every_window(standin, world, team, backfill, window):
    run = backfill(standin, team, window, api="graphql")
    wanted = set(world.outlines) if window.days is None else in_window(world, window.days)
    assert set(PullRequest.for_team(team).values_list("number", flat=True)) == wanted
    assert run.counters["visited"] == len(wanted)


def test_the_second_time_costs_its_lists_only(standin, world, clock, team, backfill):
    backfill(standin, team, api="graphql")
    before = log_of(team)
    clock.forward(minutes=5)
    standin.requests.clear()
    run = backfill(standin, team, api="graphql")
    assert run.counters["unchanged"] == len(in_window(world))
    # The repository and three lists, of numbers: a point each.
    assert len(standin.requests) == 4
    assert log_of(team) == before


def test_either_api_knows_what_the_other_fetched(standin, world, clock, team, backfill):
    backfill(standin, team, api="graphql")
    changed = world.named["dismissed"]
    clock.forward(minutes=5)
    world.touch(changed)
    clock.forward(minutes=5)
    by_rest = backfill(standin, team, api="rest")
    assert (by_rest.counters["visited"], by_rest.counters["unchanged"]) == (1, len(in_window(world)) - 1)

    other = TeamFactory()
    backfill(standin, other, api="rest")
    clock.forward(minutes=5)
    world.touch(changed)
    clock.forward(minutes=5)
    by_graphql = backfill(standin, other, api="graphql")
    assert by_graphql.counters["visited"] == 1
    assert by_graphql.counters["stored"] == {"pull_request": 1}


def test_an_empty_repository(standin, team, backfill):
    standin.behaviour.empty = True
    run = backfill(standin, team, api="graphql")
    assert (run.state, run.counters["visited"]) == (Run.State.COMPLETE, 0)
    assert not RawGitHubEvent.for_team(team).exists()


def test_a_repository_that_is_renamed_in_the_middle(standin, world, clock, team, backfill, monkeypatch):
    monkeypatch.setattr("ingest.backfill.graphql.queries.PULLS", 5)

    def rename(run, counters):
        if counters.visited and not world.renamings:
            world.rename("booster")
            clock.forward(seconds=1)

    run = backfill(standin, team, api="graphql", progress=rename)
    assert run.state == Run.State.COMPLETE
    assert run.scope["repository"] == "acme/booster"
    assert set(PullRequest.for_team(team).values_list("github_repo", flat=True)) == {"acme/booster"}


def test_a_name_that_another_repository_took_in_the_middle(
    standin, world, clock, team, backfill, monkeypatch
):
    """The repository is found by its id; nothing of the other one is stored."""
    monkeypatch.setattr("ingest.backfill.graphql.queries.PULLS", 5)
    other = World.generate(seed=8, pulls=30, now=NOW)

    def take_the_name(run, counters):
        if counters.visited and not world.renamings:
            world.rename("booster")
            standin.worlds.append(other)

    run = backfill(standin, team, api="graphql", progress=take_the_name)
    assert run.state == Run.State.COMPLETE
    assert set(PullRequest.for_team(team).values_list("number", flat=True)) == in_window(world)
    assert set(RawGitHubEvent.for_team(team).values_list("repository_id", flat=True)) == {world.repository.id}


def test_a_thousand_pull_requests_take_sixty_requests(clock, team, backfill, monkeypatch):
    """In small: the same pages, a twentieth of them."""
    world = World.generate(pulls=300, now=NOW)
    with running(world, clock=clock) as standin:
        run = backfill(standin, team, Window(None), api="graphql")
    assert run.counters["visited"] == 300
    assert run.counters["requests"] <= 300 * 60 / 1000
    assert report(run)["api"] == "graphql"
    assert client_module.PER_PAGE == 100

"""Which API is asked, and why: by what either takes of its quota."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.backfill.choosing import Estimate, by_graphql, by_rest, choose, less, points_of
from ingest.backfill.graphql import queries
from ingest.backfill.report import report
from ingest.backfill.window import Window
from ingest.github.limits import Rate
from ingest.github.pacing import Pacer
from ingest.models import Run
from ingest.standin.answer import Answer, packed
from ingest.standin.wire import listen

from .conftest import in_window

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
PLENTY = Rate(5000, 4900, 100, NOW + timedelta(minutes=30), "core")


def left(remaining, minutes=30):
    return replace(PLENTY, remaining=remaining, reset=NOW + timedelta(minutes=minutes))


def both(new, rest=PLENTY, graphql=PLENTY):
    return by_rest(new, new // 100 + 1, 0.1, rest, NOW), by_graphql(
        new, new // 100 + 1, False, 0.1, graphql, NOW
    )


def test_what_a_thousand_take():
    rest, graphql = both(1000)
    assert 3000 < rest.requests == rest.points <= 3015
    assert graphql.requests <= 60
    assert graphql.points == 2 + 20 * points_of(50)


@pytest.mark.parametrize(
    ("new", "rest", "graphql", "api", "why"),
    [
        (1000, PLENTY, PLENTY, "graphql", "takes less of its quota"),
        (0, PLENTY, PLENTY, "graphql", "takes less of its quota"),
        (1000, None, None, "graphql", "takes less of its quota"),
        (1000, PLENTY, left(100), "rest", "the quota of GraphQL does not last"),
        (1000, left(2000), PLENTY, "graphql", "the quota of REST does not last"),
        (1000, left(2000, 50), left(100, 10), "graphql", "has to wait less"),
        (1000, left(2000, 1), left(100, 50), "rest", "has to wait less"),
    ],
)
def test_the_choice_and_its_reason(new, rest, graphql, api, why):
    estimates = both(new, rest, graphql)
    found = choose(*estimates)
    assert found.api == api
    assert why in found.reason
    assert all(str(estimate) in found.reason for estimate in estimates)


def test_graphql_that_is_not_to_be_had():
    found = choose(both(5)[0], Estimate("graphql", problem="GitHub forbids a query."))
    assert (found.api, found.reason) == (
        "rest",
        "REST, since GraphQL is not to be had: GitHub forbids a query.",
    )


def test_the_reserve_is_not_ours():
    assert less(PLENTY, 0.1).remaining == 4400
    assert less(left(100), 0.1).remaining == 0
    assert less(None, 0.1) is None


@pytest.mark.django_db
def test_a_run_that_chooses_leaves_the_reserve_too(standin, team, backfill):
    half = Pacer(None)
    half.reserve = 0.5
    run = backfill(standin, team, api="auto", client={"pacer": half})
    left = [int(found.replace(",", "")) for found in re.findall(r"of ([\d,]+) left", run.scope["api_reason"])]
    assert len(left) == 2
    assert all(2400 < found <= 2500 for found in left)


@pytest.mark.django_db
def test_a_plan_says_what_either_takes(standin, world, team, backfill, plan):
    planned = plan(Window(), team, api="auto")
    assert planned.choice.api == "graphql"
    found = planned.as_json()
    assert found["requests"] == found["apis"]["graphql"]["requests"] < found["apis"]["rest"]["requests"]
    assert found["api_reason"] == planned.choice.reason
    standin.requests.clear()
    run = backfill(standin, team, api="auto")
    assert (run.scope["api"], run.counters["visited"]) == ("graphql", len(in_window(world)))
    # One request more says which one; the longest list of commits has three further pages.
    assert len(standin.requests) <= planned.requests + 1 + 1 + 3
    assert report(run)["api_reason"].startswith("GraphQL, since it takes less of its quota: ")


@pytest.mark.django_db
def test_by_the_list_of_all(standin, world, team, backfill, plan):
    assert plan(Window(None), team, api="auto").choice.api == "graphql"
    run = backfill(standin, team, Window(None), api="auto")
    assert (run.scope["api"], run.counters["visited"]) == ("graphql", len(world.outlines))


@pytest.mark.django_db
def test_when_the_quota_of_graphql_is_used_up(standin, team, backfill, plan):
    standin.behaviour.graphql_rate_limit = 0
    planned = plan(Window(), team, api="auto")
    assert (planned.choice.api, planned.graphql.requests) == ("rest", 0)
    assert "its quota is used up until" in planned.choice.reason
    run = backfill(standin, team, api="auto", client={"clock": standin.clock})
    assert (run.state, run.scope["api"]) == (Run.State.COMPLETE, "rest")


@pytest.mark.django_db
@pytest.mark.parametrize("status", [403, 404, 501])
def test_where_graphql_is_switched_off(standin, team, backfill, plan, monkeypatch, status):
    def answer(request):
        if request.path.endswith("/graphql"):
            return Answer(status, packed({"message": "GraphQL is off"}), {"Content-Type": "application/json"})
        return standin.answer(request)

    with listen(answer) as url:
        monkeypatch.setattr(standin, "url", url)
        planned = plan(Window(), team, api="auto")
        run = backfill(standin, team, api="auto")
    assert planned.choice.api == "rest"
    assert planned.as_json()["apis"]["graphql"] == {"available": False, "problem": planned.graphql.problem}
    assert run.state == Run.State.COMPLETE
    assert run.scope["api"] == "rest"
    assert run.scope["api_reason"].startswith("REST, since GraphQL is not to be had")


@pytest.mark.django_db
def test_a_server_that_lacks_a_field(standin, team, backfill, monkeypatch):
    """As an older Enterprise Server may."""
    monkeypatch.setattr(queries, "PULL", queries.PULL.replace("isDraft", "isDraft isNotThere"))
    run = backfill(standin, team, api="auto")
    assert (run.state, run.scope["api"]) == (Run.State.COMPLETE, "rest")
    assert "isNotThere" in run.scope["api_reason"]


@pytest.mark.django_db
def test_what_changed_lately_is_asked_of_rest(standin, clock, team, backfill):
    run = backfill(standin, team, Window(since=clock.now - timedelta(hours=1)), api="auto")
    assert run.scope["api"] == "rest"
    assert standin.requests.count("graphql") == 0
    run = backfill(standin, team, Window(since=clock.now - timedelta(days=3)), api="auto")
    assert run.scope["api"] == "graphql"

"""Whatever GitHub fails to give in one query is asked for again, less of it at once."""

import json

import pytest

from apps.metrics.models import PRReview, PullRequest
from apps.teams.factories import TeamFactory
from ingest.backfill.graphql import queries
from ingest.backfill.report import report
from ingest.github.errors import Forbidden, NotFoundOrNoPermission, QueryTooLarge
from ingest.models import Fetch, RawGitHubEvent, Run
from ingest.standin import running
from ingest.standin.answer import packed
from ingest.standin.wire import listen
from tests.tables import log_of, tables

from .conftest import in_window, rows_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(queries, "PULLS", 6)


def queried(standin):
    return standin.requests.count("graphql")


@pytest.mark.parametrize(
    "faults", [{"graphql_error_every": 5}, {"graphql_error_every": 2}, {"drop_every": 3}]
)
def test_faults_leave_no_trace(small_pages, standin, world, clock, team, backfill, faults):
    undisturbed = TeamFactory()
    backfill(standin, undisturbed, api="graphql")
    with running(world, clock=clock, **faults) as faulty:
        run = backfill(faulty, team, api="graphql")
    assert log_of(team) == log_of(undisturbed)
    assert tables(team) == tables(undisturbed)
    assert run.counters["failures"] == 0


def test_one_502_in_five_takes_a_quarter_more(standin, clock, team, backfill, monkeypatch):
    """It does not halve what is asked for."""
    monkeypatch.setattr(queries, "PULLS", 5)
    standin.behaviour.graphql_error_every = 0
    backfill(standin, TeamFactory(), api="graphql")
    undisturbed = queried(standin)
    standin.requests.clear()
    standin.behaviour.graphql_error_every = 5
    backfill(standin, team, api="graphql")
    assert queried(standin) <= 1.25 * undisturbed + 1


def test_a_query_that_is_too_heavy_is_halved(standin, world, team, backfill):
    whole = TeamFactory()
    backfill(standin, whole, api="graphql")
    standin.behaviour.heavy_nodes = 4_000
    run = backfill(standin, team, api="graphql")
    assert (run.state, run.counters["failures"]) == (Run.State.COMPLETE, 0)
    assert rows_of(team) == rows_of(whole)


def test_a_query_for_scarce_resources_is_halved(standin, world, team, backfill):
    whole = TeamFactory()
    backfill(standin, whole, api="graphql")
    standin.behaviour.scarce_nodes = 4_000
    run = backfill(standin, team, api="graphql")
    assert (run.state, run.counters["failures"]) == (Run.State.COMPLETE, 0)
    assert rows_of(team) == rows_of(whole)


def test_what_is_too_heavy_alone_is_a_failure_of_its_own(standin, world, team, backfill):
    """Numbers can be listed, and not one pull request be had."""
    standin.behaviour.heavy_nodes = 200
    run = backfill(standin, team, api="graphql")
    assert run.state == Run.State.COMPLETE
    assert run.counters["failures"] == len(in_window(world))
    assert {failure["error"] for failure in report(run)["failures"]} == {"QueryTooLarge"}
    # Nothing is taken for known: the next one asks again.
    standin.behaviour.heavy_nodes = 0
    assert backfill(standin, team, api="graphql").counters["visited"] == len(in_window(world))


def test_not_even_the_numbers(standin, team, backfill):
    standin.behaviour.heavy_nodes = 50
    with pytest.raises(QueryTooLarge):
        backfill(standin, team, api="graphql")
    assert Run.for_team(team).get().state == Run.State.FAILED


@pytest.mark.parametrize("switch", ["null_pulls", "null_reviews"])
@pytest.mark.parametrize("times", [1, 2])
def test_what_comes_with_errors_is_kept_and_the_rest_asked_again(
    standin, world, team, backfill, switch, times
):
    whole = TeamFactory()
    backfill(standin, whole, api="graphql")
    standin.requests.clear()
    number = world.named["dismissed"]
    getattr(standin.behaviour, switch)[number] = times
    run = backfill(standin, team, api="graphql")
    assert (run.state, run.counters["failures"]) == (Run.State.COMPLETE, 0)
    assert rows_of(team) == rows_of(whole)
    assert Fetch.for_team(team).filter(details__has_key="errors").exists()
    others = RawGitHubEvent.for_team(team).exclude(number=number).values_list("number", flat=True)
    assert len(others) - len(set(others)) == 3


@pytest.mark.parametrize(("switch", "endpoint"), [("null_pulls", "pulls"), ("null_reviews", "reviews")])
def test_what_github_refuses_for_good_is_noted(standin, world, team, backfill, switch, endpoint):
    number = world.named["dismissed"]
    getattr(standin.behaviour, switch)[number] = 1000
    run = backfill(standin, team, api="graphql")
    assert run.state == Run.State.COMPLETE
    (failure,) = report(run)["failures"]
    # Of what is null in the list of numbers too, nobody knows the number.
    assert (failure["number"], failure["endpoint"]) == (number if endpoint == "reviews" else 0, endpoint)
    assert "GitHub did not give all" in failure["message"]
    assert PullRequest.for_team(team).count() == len(in_window(world)) - (switch == "null_pulls")
    assert not PRReview.for_team(team).filter(pull_request__number=number).exists()
    # The next backfill asks for it again.
    getattr(standin.behaviour, switch).clear()
    again = backfill(standin, team, api="graphql")
    assert (again.counters["visited"], again.counters["failures"]) == (1, 0)
    assert PRReview.for_team(team).filter(pull_request__number=number).exists()


@pytest.mark.parametrize(
    ("switch", "error"),
    [("hidden", NotFoundOrNoPermission), ("forbidden", Forbidden), ("saml", Forbidden)],
)
def test_a_repository_that_goes_away_fails_the_run(small_pages, standin, team, backfill, switch, error):
    def go_away(run, counters):
        if counters.visited:
            setattr(standin.behaviour, switch, True)

    with pytest.raises(error):
        backfill(standin, team, api="graphql", progress=go_away)
    run = Run.for_team(team).get()
    assert (run.state, run.error) == (Run.State.FAILED, error.__name__)


@pytest.fixture
def keeping(standin, monkeypatch):
    """`keeping(number, *path)`: what is there is null from here on, and FORBIDDEN by single sign-on."""
    answer, kept = standin.answer, {}

    def places(repository):
        yield from ([alias] for alias in repository if alias.startswith("p") and alias != "pullRequests")
        for place in range(len(repository.get("pullRequests", {}).get("nodes", []))):
            yield ["pullRequests", "nodes", place]

    def with_errors(request):
        given = answer(request)
        if not request.path.endswith("/graphql") or given.status != 200:
            return given
        value = json.loads(given.body)
        for path in places(value["data"]["repository"]):
            node = value["data"]["repository"]
            for step in path:
                node = node[step]
            *above, field = kept.get(node["number"], ["nothing"])
            if [*above, field][0] not in node:
                continue
            for step in above:
                node = node[step]
            node[field] = None
            message = "Resource protected by organization SAML enforcement."
            error = {"type": "FORBIDDEN", "path": ["repository", *path, *above, field], "message": message}
            value.setdefault("errors", []).append(error)
        given.body = packed(value)
        return given

    with listen(with_errors) as url:
        monkeypatch.setattr(standin, "url", url)
        yield lambda number, *path: kept.update({number: path})


@pytest.mark.parametrize("known", [False, True], ids=["in a page", "by number"])
def test_a_fork_that_its_organisation_keeps_to_itself(standin, world, clock, team, backfill, keeping, known):
    """No row says which repository a head is in, so nothing is missing and nothing is asked twice."""
    whole, number = TeamFactory(), world.named["dismissed"]
    if known:
        backfill(standin, team, api="graphql")
        backfill(standin, whole, api="graphql")
        world.touch(number, at=clock.now)
        clock.forward(hours=1)
    standin.requests.clear()
    backfill(standin, whole, api="graphql")
    undisturbed = queried(standin)
    standin.requests.clear()
    keeping(number, "headRepository")
    run = backfill(standin, team, api="graphql")
    assert (run.state, run.counters["failures"], queried(standin)) == (Run.State.COMPLETE, 0, undisturbed)
    assert Fetch.for_team(team).filter(details__has_key="errors").exists()
    assert rows_of(team) == rows_of(whole)
    assert rows_of(team)["PullRequest"]


def test_a_fact_that_is_null_by_an_error_is_not_stored(standin, world, team, backfill, keeping):
    number = world.named["dismissed"]
    keeping(number, "mergeCommit")
    run = backfill(standin, team, api="graphql")
    (failure,) = report(run)["failures"]
    assert (failure["number"], failure["endpoint"], failure["error"]) == (number, "mergeCommit", "Forbidden")
    assert not RawGitHubEvent.for_team(team).filter(number=number).exists()


@pytest.mark.parametrize(
    "path", [("reviews", "nodes", 0, "author"), ("commits", "nodes", 0, "commit", "author")]
)
def test_nor_one_inside_a_list(standin, world, team, backfill, keeping, path):
    """Stored, it would be a review by nobody: the first by a person, where a robot's came first."""
    number = world.named["dismissed"]
    backfill(standin, team, api="graphql")
    known = rows_of(team)
    world.touch(number)
    keeping(number, *path)
    run = backfill(standin, team, api="graphql")
    (failure,) = report(run)["failures"]
    assert (failure["number"], failure["endpoint"], failure["error"]) == (number, path[0], "Forbidden")
    kept = ("PRReview", "Commit")
    assert {name: rows_of(team)[name] for name in kept} == {name: known[name] for name in kept}

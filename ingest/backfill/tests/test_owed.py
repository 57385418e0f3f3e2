"""What failed alone in a run is asked for by the next one, until it came or is gone."""

from datetime import timedelta
from itertools import count

import pytest

from apps.teams.factories import TeamFactory
from ingest.backfill import owed
from ingest.backfill.starting import start, watermark
from ingest.backfill.window import Window
from ingest.github.errors import NotFoundOrNoPermission, UnexpectedAnswer
from ingest.models import Run
from ingest.runs.changes import cancel

from .conftest import rows_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(world):
    """Pull requests that no list shows again."""
    return [number for number, outline in sorted(world.outlines.items()) if outline.state == "closed"]


@pytest.fixture
def sync(standin, world, clock, team, backfill):
    """A day later, what was updated since the watermark, as beat asks for it."""

    def run(**options):
        clock.forward(days=1)
        since = watermark(team, world.repository.id) - timedelta(minutes=10)
        return backfill(standin, team, Window(since=since), **options)

    return run


def details(standin, number):
    return sum(asked.path.endswith(f"/pulls/{number}") for asked in standin.requests.all)


@pytest.mark.parametrize("status", [404, 502])
@pytest.mark.parametrize("part", ["", "/reviews", "/commits"])
def test_what_failed_is_fetched_by_the_next_run(standin, team, backfill, refused, closed, sync, status, part):
    undisturbed, number = TeamFactory(), closed[0]
    backfill(standin, undisturbed, Window(None))
    refused[f"/pulls/{number}{part}"] = status
    run = backfill(standin, team, Window(None))
    assert (run.state, run.report["owed"]) == (Run.State.COMPLETE, [number])

    refused.clear()
    run = sync()
    assert (run.counters["visited"], run.counters["failures"], run.report["owed"]) == (1, 0, [])
    later = ("name_instant",)
    assert rows_of(team, later) == rows_of(undisturbed, later)
    standin.requests.clear()
    assert sync().counters["visited"] == 0
    assert details(standin, number) == 0


@pytest.mark.parametrize("api", ["graphql", "rest"])
def test_what_failed_by_graphql_is_fetched_by_either(standin, world, team, backfill, closed, sync, api):
    number = closed[0]
    standin.behaviour.null_reviews[number] = 1000
    run = backfill(standin, team, Window(None), api="graphql")
    assert (run.state, run.report["owed"]) == (Run.State.COMPLETE, [number])

    standin.behaviour.null_reviews.clear()
    run = sync(api=api)
    assert (run.counters["visited"], run.counters["failures"], run.report["owed"]) == (1, 0, [])


def test_it_is_owed_from_run_to_run(standin, world, team, backfill, refused, closed, sync):
    number, repository = closed[0], world.repository
    refused[f"/pulls/{number}/reviews"] = 502
    backfill(standin, team, Window(None))
    for _ in range(2):
        run = sync()
        assert (run.state, run.counters["failures"], run.report["owed"]) == (Run.State.COMPLETE, 1, [number])
    # One that never began, and one that ended before anything was asked.
    cancel(start(team, repository.id, repository.full_name, Window())[0])
    standin.behaviour.hidden = True
    with pytest.raises(NotFoundOrNoPermission):
        sync()
    standin.behaviour.hidden = False

    refused.clear()
    assert sync().counters["visited"] == 1


def test_what_is_gone_is_not_asked_for_for_ever(standin, team, backfill, refused, closed, sync):
    """GitHub says so twice, in two runs: it also answers 404 to what it fails to find for a moment."""
    number = closed[0]
    refused[f"/pulls/{number}"] = 404
    assert backfill(standin, team, Window(None)).report["owed"] == [number]
    run = sync()
    assert (run.counters["failures"], run.report["owed"]) == (1, [])
    assert sync().counters["failures"] == 0


def test_lists_that_are_refused_are_not_gone(standin, team, backfill, refused, closed, sync):
    number = closed[0]
    refused[f"/pulls/{number}/reviews"] = 404
    backfill(standin, team, Window(None))
    assert [sync().report["owed"] for _ in range(2)] == [[number], [number]]


def test_where_none_comes_the_rest_waits(standin, team, backfill, refused, closed, sync, monkeypatch):
    """What never comes costs each run a few requests, and keeps nothing else from coming."""
    monkeypatch.setattr(owed, "AT_ONCE", 2)
    refused["/reviews"] = 404
    backfill(standin, team, Window(None))
    owing = Run.for_team(team).get().report["owed"]
    assert set(owing) >= set(closed)
    run = sync()
    assert run.report["failed"][:2] == owing[:2]
    tried = run.report["failed"]
    assert run.report["owed"] == [number for number in owing if number not in tried] + tried
    # What is closed is in no list.
    assert set(tried[2:]).isdisjoint(closed)

    refused.clear()
    assert sync().report["owed"] == []


def test_it_goes_on_after_a_turn(standin, world, team, backfill, refused, closed, sync, monkeypatch):
    """Each is asked for once, however often the run is left and taken up."""
    monkeypatch.setattr(owed, "AT_ONCE", 4)
    refused.update({f"/pulls/{number}/reviews": 404 for number in closed[:6]})
    backfill(standin, team, Window(None))
    for number in closed[:6:2]:
        del refused[f"/pulls/{number}/reviews"]
    standin.requests.clear()
    runs = []
    while not runs or runs[-1].state != Run.State.COMPLETE:
        asked = count()
        options = {"enough": lambda asked=asked: next(asked) > 0}
        runs.append(backfill(standin, team, Window(1), **options))
    assert len({run.pk for run in runs}) == 1 < len(runs)
    assert sorted(runs[-1].report["owed"]) == closed[1:6:2]
    assert [details(standin, number) for number in closed[:6]] == [1] * 6


def test_too_many_fail_the_run(standin, team, backfill, refused, closed, monkeypatch):
    """Else those that are not kept would be lost."""
    monkeypatch.setattr(owed, "MOST", 2)
    refused.update({f"/pulls/{number}/reviews": 404 for number in closed[:3]})
    with pytest.raises(UnexpectedAnswer, match="failed to give more than 2 pull requests of acme/rocket"):
        backfill(standin, team, Window(None))
    run = Run.for_team(team).get()
    assert (run.state, run.error) == (Run.State.FAILED, "UnexpectedAnswer")
    refused.clear()
    assert backfill(standin, team, Window(None)).report["owed"] == []


def test_what_has_no_number_is_not_owed(standin, team, backfill, closed):
    standin.behaviour.null_pulls[closed[0]] = 1000
    run = backfill(standin, team, Window(None), api="graphql")
    assert (run.counters["failures"], run.report["owed"]) == (1, [])


def test_runs_that_kept_their_failures_only(standin, team, backfill, refused, closed, sync):
    refused[f"/pulls/{closed[0]}/reviews"] = 404
    run = backfill(standin, team, Window(None))
    kept = {name: run.report[name] for name in ("failures", "covered")}
    Run.objects.filter(pk=run.pk).update(report=kept)
    refused.clear()
    assert sync().counters["visited"] == 1

"""Killed anywhere, a backfill goes on where it was: log and tables are those of an undisturbed one."""

import pytest

from apps.teams.factories import TeamFactory
from ingest.backfill.graphql import queries
from ingest.backfill.window import Window
from ingest.models import Run
from ingest.runs.lease import Lease
from ingest.standin import World, running
from tests.tables import log_of, tables

from .conftest import NOW, expire


class Killed(BaseException):
    """Nothing catches it, as nothing runs after a SIGKILL."""


@pytest.fixture
def killing(monkeypatch):
    """`killing(n, after)`: die at the n-th write of the run's row from here on, or right after its commit."""
    write = Lease.write

    def arm(at: int, *, after: bool = False) -> None:
        writes = 0

        def deadly(lease: Lease, /, **fields: object) -> None:
            nonlocal writes
            writes += 1
            if writes == at and not after:
                raise Killed
            write(lease, **fields)
            if writes == at:
                raise Killed

        monkeypatch.setattr(Lease, "write", deadly)

    yield arm
    monkeypatch.setattr(Lease, "write", write)


def backfill_through_kills(backfill, standin, team, killing, at, api):
    """Starts again after each kill; says how often it was killed."""
    kills = 0
    while True:
        killing(at)
        try:
            backfill(standin, team, api=api)
        except Killed:
            kills += 1
            expire(team)
        else:
            return kills


@pytest.fixture
def small_queries(monkeypatch):
    monkeypatch.setattr(queries, "PULLS", 3)
    monkeypatch.setattr("ingest.backfill.graphql.fetching.SMALLEST_PAGE", 1)


@pytest.mark.django_db
@pytest.mark.parametrize("api", ["rest", "graphql"])
@pytest.mark.parametrize("after", [False, True])
def test_killed_once_at_every_write(small_pages, small_queries, clock, team, backfill, killing, after, api):
    world = World.generate(pulls=4 if api == "rest" else 8, now=NOW)
    undisturbed = TeamFactory()
    with running(world, clock=clock) as standin:
        backfill(standin, undisturbed, api=api)
        wanted = log_of(undisturbed), tables(undisturbed)
        requests = len(standin.requests)
        # Both together are every write (of GraphQL every third); each takes a backfill and a half.
        for at in range(1 + after, 1000, 2 if api == "rest" else 6):
            other = TeamFactory()
            standin.requests.clear()
            killing(at, after=after)
            try:
                backfill(standin, other, api=api)
            except Killed:
                expire(other)
                killing(0)
                backfill(standin, other, api=api)
            else:
                break
            assert (log_of(other), tables(other)) == wanted, f"killed at write {at}"
            # The repository, one page, and at most one pull request (six requests) again. By GraphQL a page,
            # and the further pages of the longest list on it.
            again = 8 if api == "rest" else 1 + 3
            assert len(standin.requests) <= requests + again, f"killed at write {at}"
        assert at > 20
        assert Run.for_team(other).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("api", "writes", "least"), [("rest", 14, 5), ("graphql", 18, 1)])
def test_killed_again_and_again(
    small_pages, small_queries, standin, team, backfill, killing, api, writes, least
):
    undisturbed = TeamFactory()
    backfill(standin, undisturbed, api=api)

    # Enough writes for one page and one pull request with its longest list: each life comes a little further.
    kills = backfill_through_kills(backfill, standin, team, killing, writes, api)

    assert kills > least
    assert log_of(team) == log_of(undisturbed)
    assert tables(team) == tables(undisturbed)
    assert Run.for_team(team).get().state == Run.State.COMPLETE


@pytest.mark.django_db
def test_the_window_of_a_run_does_not_move(standin, clock, team, backfill, killing):
    killing(5)
    with pytest.raises(Killed):
        backfill(standin, team)
    cutoff = Run.for_team(team).get().scope["cutoff"]
    killing(0)
    expire(team)
    clock.forward(days=30)

    run = backfill(standin, team, Window(1))

    assert run.scope["cutoff"] == cutoff
    assert run.scope["window"] == {"days": 90, "open": True}


@pytest.mark.django_db
def test_ctrl_c_pauses_and_the_next_goes_on(standin, team, backfill):
    def stop(run, counters):
        if counters.visited == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backfill(standin, team, progress=stop)
    paused = Run.for_team(team).get()
    assert (paused.state, paused.lease) == (Run.State.PAUSED, "")

    done = backfill(standin, team)
    assert (done.pk, done.state) == (paused.pk, Run.State.COMPLETE)


@pytest.mark.django_db
def test_a_bounded_time_queues_it_again(standin, team, backfill):
    visits = iter(range(1000))
    run = backfill(standin, team, enough=lambda: next(visits) >= 5)
    assert (run.state, run.lease, run.counters["visited"]) == (Run.State.QUEUED, "", 5)
    # What was fetched is in the tables already.
    assert run.counters["applied"] == run.counters["stored"]
    assert backfill(standin, team).counters["visited"] > 5

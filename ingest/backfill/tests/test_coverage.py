"""What a complete run lets the next one leave out."""

from datetime import timedelta

import pytest

from ingest.backfill.coverage import Coverage, coverage, covered_after
from ingest.backfill.starting import watermark
from ingest.backfill.window import Window
from ingest.models import Run

from .conftest import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def days(number: float):
    return NOW + timedelta(days=number)


def complete(team, started, cutoff, *, kept: bool = True, state="complete"):
    """A run that began and reached back to these days; `kept`: as one of today's code ends."""
    scope = {"started_at": days(started).isoformat(), "cutoff": None}
    if cutoff is not None:
        scope["cutoff"] = days(cutoff).isoformat()
    run = Run.objects.create(team=team, kind="backfill", github_repo_id=5, state="running", scope=scope)
    if kept and state == "complete":
        covered = covered_after(run)
        assert covered is not None
        run.report = {"covered": covered.as_json()}
    run.state = state
    run.save()
    return run


@pytest.mark.parametrize("kept", [True, False], ids=["as today", "of runs that did not keep it"])
@pytest.mark.parametrize(
    ("runs", "since", "until"),
    [
        ([(0, -90)], -90, 0),
        ([(0, None)], None, 0),
        ([(0, -90), (1, -0.1)], -90, 1),
        ([(0, -90), (1, -364)], -364, 1),
        ([(0, -90), (1, None)], None, 1),
        ([(0, None), (1, -0.1)], None, 1),
        # Days 0 to 70 were never fetched: what comes next begins at 0, and then nothing is missing.
        ([(0, -90), (100, 70)], -90, 0),
        ([(0, -90), (100, 70), (101, 0)], -90, 101),
        ([(0, -90), (100, 70), (101, 100)], -90, 0),
    ],
)
def test_what_complete_runs_cover(team, runs, since, until, kept):
    for started, cutoff in runs:
        complete(team, started, cutoff, kept=kept)
    assert coverage(team.pk, 5) == Coverage(days(since) if since is not None else None, days(until))
    assert watermark(team, 5) == days(until)


@pytest.mark.parametrize("state", ["failed", "cancelled", "waiting", "paused"])
def test_a_run_that_is_not_complete_moves_nothing(team, state):
    complete(team, 0, -90)
    complete(team, 1, None, state=state)
    assert coverage(team.pk, 5) == Coverage(days(-90), days(0))


def test_nothing_is_covered_without_a_complete_run(team):
    complete(team, 0, -90, state="failed")
    assert coverage(team.pk, 5) is None
    assert coverage(team.pk, 6) is None


def test_a_window_since_an_instant(standin, clock, team, backfill):
    """The instant is the cutoff, by whatever clock the run begins, and every open one is looked at."""
    window = Window(since=clock.now - HOUR)
    assert Window.from_json(window.as_json()) == window
    first = backfill(standin, team)
    clock.forward(days=3)
    standin.requests.clear()
    run = backfill(standin, team, window)

    assert run.scope["cutoff"] == window.since.isoformat()
    assert run.report["covered"] == {
        "since": first.scope["cutoff"],
        "until": run.scope["started_at"],
    }
    assert any("state=open" in asked.path for asked in standin.requests.all)
    assert run.counters["visited"] == 0


def test_a_short_run_after_a_pause_does_not_hide_what_it_left_out(standin, world, clock, team, backfill):
    """The repository was left alone for 30 days; what changed on the first of them is found in the end."""
    backfill(standin, team)
    number = next(n for n, outline in world.outlines.items() if outline.state == "closed")
    world.touch(number, at=clock.now + timedelta(days=1))
    clock.forward(days=30)
    short = backfill(standin, team, Window(2))
    assert short.counters["visited"] == 0

    run = backfill(standin, team, Window(since=watermark(team, world.repository.id) - HOUR))
    assert run.counters["visited"] == 1
    assert watermark(team, world.repository.id) == clock.now

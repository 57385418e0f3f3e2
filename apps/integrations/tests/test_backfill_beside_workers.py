"""`manage.py backfill OWNER` while workers are at the same runs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.cli import backfill_many, backfill_turns
from apps.integrations.cli.backfill_turns import AGAIN_SECONDS, Turns
from apps.integrations.models import TrackedRepository
from ingest.models import Run
from ingest.runs.changes import cancel, pause
from ingest.runs.lease import take
from ingest.standin import World

from .conftest import NOW
from .pages import mute
from .test_backfill_many import backfill

pytestmark = pytest.mark.django_db

State = Run.State


@pytest.fixture
def queued(standin, monkeypatch):
    """The runs of three repositories, which workers have."""
    standin.worlds.clear()
    for n in range(3):
        world = World.generate(seed=n, repository=f"part-{n}", pulls=3, now=NOW)
        world.repository = replace(world.repository, pushed_at=NOW - timedelta(days=n))
        standin.worlds.append(world)
    mute(monkeypatch, tasks.continue_backfill)
    backfill("--queue", "--all", "--api", "rest")
    names = dict(TrackedRepository.objects.values_list("github_repo_id", "full_name"))
    return {names[run.github_repo_id]: run for run in Run.objects.all()}


@pytest.fixture
def sleeps(monkeypatch):
    """What happens while the command waits: the next call in the list; how long it waits each time."""
    meanwhile, slept = [], []

    def sleep(seconds):
        slept.append(seconds)
        meanwhile.pop(0)()

    def turns(*arguments, **options):
        return Turns(*arguments, sleep=sleep, **options)

    monkeypatch.setattr(backfill_many, "Turns", turns)
    return meanwhile, slept


def states(found):
    return {line["repository"]: line["state"] for line in found["repositories"]}


def test_what_a_worker_completes_is_no_failure(queued, sleeps):
    meanwhile, slept = sleeps
    lease = take(queued["acme/part-0"])
    meanwhile += [lambda: None, lambda: lease.leave(State.COMPLETE)]
    status, found, err = backfill()
    assert status == 0, err
    assert (found["complete"], found["failed"], found["left"]) == (3, 0, 0)
    # The others were gone on with first, and no second run was begun.
    assert slept == [AGAIN_SECONDS] * 2
    assert err.index("part-2") < err.index("workers are at what is left") < err.index("3 of 3: acme/part-0")
    assert Run.objects.count() == 3


def test_it_goes_on_where_a_worker_stops(queued, sleeps):
    meanwhile, _ = sleeps
    leases = [take(run) for run in queued.values()]
    meanwhile.append(lambda: leases[0].leave(State.QUEUED))
    meanwhile.append(lambda: [lease.leave(State.COMPLETE) for lease in leases[1:]])
    status, found, err = backfill()
    assert status == 0, err
    assert found["complete"] == Run.objects.count() == 3


def test_what_a_worker_could_not_do_has_failed(queued, sleeps):
    meanwhile, _ = sleeps
    lease = take(queued["acme/part-0"])
    failed = {"error": "Unavailable", "message": "GitHub failed."}
    meanwhile.append(lambda: lease.leave(State.FAILED, **failed))
    status, found, _ = backfill()
    assert (status, found["failed"], found["complete"]) == (1, 1, 2)
    assert found["repositories"][0]["problem"] == "GitHub failed."


def test_what_a_worker_completes_between_two_turns_is_not_begun_again(queued, monkeypatch):
    turns = []

    class Short:
        """Over at once, but for the last."""

        def __init__(self, seconds, waits):
            turns.append(seconds)
            if len(turns) == 4:
                Run.objects.filter(state=State.QUEUED).update(state=State.COMPLETE)

        def is_over(self):
            return len(turns) < 4

    monkeypatch.setattr(backfill_turns, "Turn", Short)
    status, found, err = backfill()
    assert status == 0, err
    assert len(turns) > 4
    assert found["complete"] == Run.objects.count() == 3


@pytest.mark.parametrize(("change", "state"), [(cancel, State.CANCELLED), (pause, State.PAUSED)])
def test_what_somebody_stops_in_a_turn_is_left_alone(queued, monkeypatch, change, state):
    worked = backfill_turns.go_on

    def stopped(run, *arguments, **options):
        if run != queued["acme/part-1"]:
            return worked(run, *arguments, **options)
        lease = take(run)
        change(Run.objects.get(pk=run.pk))
        return lease.write()

    monkeypatch.setattr(backfill_turns, "go_on", stopped)
    status, found, err = backfill()
    assert status == 0, err
    assert states(found)["acme/part-1"] == state
    assert (found["complete"], found["failed"]) == (2, 0)


def test_what_is_deleted_meanwhile_is_left_out(queued, sleeps):
    meanwhile, _ = sleeps
    lease = take(queued["acme/part-0"])
    meanwhile.append(lambda: lease.run.delete())
    status, found, err = backfill()
    assert status == 0, err
    assert sorted(states(found)) == ["acme/part-1", "acme/part-2"]
    assert (found["complete"], found["left"]) == (2, 0)
    assert "acme/part-0 was deleted meanwhile" in err


def test_without_waiting_it_does_not_wait_for_another_s_limit(queued, sleeps):
    lease = take(queued["acme/part-0"])
    lease.enter(State.WAITING, not_before=timezone.now() + timedelta(hours=1))
    status, found, _ = backfill("--no-wait")
    assert status == 3
    assert states(found)["acme/part-0"] == State.WAITING

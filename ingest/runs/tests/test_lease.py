import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.teams.factories import TeamFactory
from ingest.models import Run
from ingest.runs import lease as lease_module
from ingest.runs import listeners
from ingest.runs.changes import cancel, pause, resume
from ingest.runs.lease import EXPIRES, LeaseLost, NotFree, is_gone, take
from ingest.runs.waiting import nap

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return Run.objects.create(team=TeamFactory(), kind=Run.Kind.BACKFILL, github_repo_id=1)


def silent(run, seconds):
    Run.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=seconds))


def test_taking_a_run_makes_it_run(run):
    lease = take(run)
    stored = Run.objects.get()
    assert (stored.state, stored.lease) == (Run.State.RUNNING, lease.holder)
    assert stored.heartbeat_at
    assert stored.started_at


def test_a_living_holder_is_named(run):
    take(run)
    with pytest.raises(NotFree) as caught:
        take(Run.objects.get())
    text = str(caught.value)
    started = Run.objects.get().started_at
    assert f"run {run.pk} is running since {started:%Y-%m-%d %H:%M:%S}" in text
    assert f"process {os.getpid()} on {socket.gethostname()}" in text
    assert "0 s ago" in text


def test_a_holder_keeps_it_for_thirty_seconds_without_a_beat(run):
    take(run)
    silent(run, EXPIRES.seconds - 2)
    with pytest.raises(NotFree):
        take(run)
    silent(run, EXPIRES.seconds + 1)
    started = Run.objects.get().started_at
    take(run)
    assert Run.objects.get().started_at == started


def test_who_lost_it_writes_nothing_more(run):
    lost = take(Run.objects.get())
    silent(run, 31)
    winner = take(Run.objects.get())
    with pytest.raises(LeaseLost, match="taken over by"), lost.held():
        Run.objects.filter(pk=run.pk).update(message="written by the loser")
    for write in (lambda: lost.write(cursor={"by": "loser"}), lambda: lost.leave(Run.State.COMPLETE)):
        with pytest.raises(LeaseLost):
            write()
    stored = Run.objects.get()
    assert (stored.message, stored.cursor, stored.lease) == ("", {}, winner.holder)


def test_a_step_that_fails_leaves_nothing(run):
    lease = take(run)

    def fail():
        with lease.held():
            lease.write(cursor={"page": 2})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert Run.objects.get().cursor == {}


def test_a_beat_is_written_only_now_and_then(run, monkeypatch, django_assert_num_queries):
    now = [0.0]
    monkeypatch.setattr(lease_module.time, "monotonic", lambda: now[0])
    lease = take(run)
    with django_assert_num_queries(0):
        lease.beat()
    now[0] += lease_module.BEAT_SECONDS
    with django_assert_num_queries(1):
        lease.beat()


def test_a_long_sleep_beats():
    slept, beats = [], []
    nap(12.0, lambda: beats.append(1), sleep=slept.append)
    assert slept == [5.0, 5.0, 2.0]
    assert len(beats) == 3


@pytest.mark.parametrize(("change", "state"), [(pause, Run.State.PAUSED), (cancel, Run.State.CANCELLED)])
def test_a_change_from_outside_ends_the_holder_at_its_next_step(run, change, state):
    lease = take(Run.objects.get())
    assert change(run)
    assert run.state == state
    with pytest.raises(LeaseLost, match=f"is {state} now"):
        lease.write()


def test_a_paused_run_is_taken_only_where_that_is_wished(run):
    pause(run)
    with pytest.raises(NotFree, match="is paused"):
        take(run)
    take(run, paused=True)


def test_resuming_a_paused_run_queues_it(run):
    assert not resume(run)
    pause(run)
    assert resume(run)
    assert run.state == Run.State.QUEUED
    take(run)


@pytest.mark.parametrize("state", [Run.State.COMPLETE, Run.State.FAILED, Run.State.CANCELLED])
def test_what_is_over_stays_over(run, state):
    take(run).leave(state)
    assert Run.objects.get().finished_at
    with pytest.raises(NotFree, match=f"is over \\({state}\\)"):
        take(run, paused=True)
    assert not pause(run)
    assert not cancel(run)


def test_the_run_of_a_process_that_is_gone_here_is_free_at_once(run):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = socket.gethostname()[:60]
    assert is_gone(f"{here}:{ended.pid}:x")
    assert not is_gone(f"{here}:{os.getpid()}:x")
    assert not is_gone(f"elsewhere.example:{ended.pid}:x")
    assert not is_gone("")
    lease = take(run)
    Run.objects.update(lease=lease.holder.replace(str(os.getpid()), str(ended.pid)))
    take(run)


def test_listeners_are_told_inside_the_change(run, monkeypatch):
    told = []

    def listen(changed):
        told.append(changed.state)
        if changed.state == Run.State.FAILED:
            raise RuntimeError

    monkeypatch.setattr(listeners, "LISTENERS", [listen])
    lease = take(run)
    lease.enter(Run.State.WAITING)
    lease.beat()
    with pytest.raises(RuntimeError):
        lease.leave(Run.State.FAILED)
    assert told == ["running", "waiting", "failed"]
    assert Run.objects.get().state == Run.State.WAITING

"""Replays by several processes: killed anywhere, paused from elsewhere, beside live deliveries."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest
from django.db import connection

from apps.metrics.models import PullRequest
from ingest.live.pending import is_pending, work_off
from ingest.log.append import append
from ingest.models import Chunk, Run
from ingest.replay.replaying import verify
from ingest.replay.scope import Scope
from ingest.replay.starting import start_replay
from ingest.runs import changes
from tests.live.processes import wait_until
from tests.payloads import delivered, delivery, moment, pull_request, stamp
from tests.replay_processes import PULLS, SECONDS, SLOW, WHO, alone, ended, processes, team
from tests.tables import tables

__all__ = ["alone", "processes", "team"]

pytestmark = pytest.mark.django_db(transaction=True)


def done(run):
    run.refresh_from_db()
    return run.counters.get("streams", 0)


def test_workers_killed_in_the_middle_of_a_chunk_lose_and_repeat_nothing(alone, team, processes):
    run = start_replay(Scope(team="us"), WHO)
    killed = 0
    while killed < 3:
        at_work = processes.work(run, 2, **SLOW)
        before = done(run)
        wait_until(lambda before=before: done(run) > before or run.finished_at, SECONDS, "a chunk is done")
        for process in at_work:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
    for process in processes.work(run, 2):
        ended(process)
    (last,) = processes.work(run)
    ended(last)
    run.refresh_from_db()
    assert run.state == Run.State.COMPLETE
    assert (run.report["streams"], run.report["events"]) == (PULLS, 4 * PULLS)
    assert run.report["created"] == 3 * PULLS + 1, (
        "each row was created once, and by whoever did it counted once"
    )
    assert (run.report["pending"], run.report["parked"]) == (0, 0)
    assert not Chunk.objects.exists()
    assert tables(team) == tables(alone)
    assert verify(Scope(team="us")).changed == 0


# Where a worker stops for ever: it says so by making a file.
STOP = """
import pathlib, time
def stop(*args, **options):
    pathlib.Path({file!r}).touch()
    time.sleep(1000)
"""
PLACES = {
    "before its transaction": "from ingest.replay import processing; processing.process = stop",
    "before the streams are applied": "from ingest.log import streams; streams.set_applied = stop",
    "before it is counted": "from ingest.replay.sharing import Share; Share._settle = stop",
    "before the next one is taken": "from ingest.replay import performing; performing.stop_if_asked = stop",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_worker_killed_at_a_known_place(alone, team, processes, tmp_path, place):
    run = start_replay(Scope(team="us"), WHO)
    file = tmp_path / "stopped"
    code = (
        f"{STOP.format(file=str(file))}\n{place}\nfrom ingest.cli.worker_process import work; work({run.pk})"
    )
    stopped = processes.start(code)
    wait_until(lambda: file.exists() or stopped.poll() is not None, SECONDS, "it stops")
    stopped.send_signal(signal.SIGKILL)
    stopped.wait()
    (last,) = processes.work(run)
    ended(last)
    run.refresh_from_db()
    assert (run.state, run.report["streams"]) == (Run.State.COMPLETE, PULLS)
    assert run.report["created"] == 3 * PULLS + 1
    assert tables(team) == tables(alone)
    assert verify(Scope(team="us")).changed == 0


def test_the_command_ends_what_its_killed_processes_leave(alone, team, processes):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer: one process does the work")
    command = processes.start(
        "from django.core.management import call_command\n"
        "call_command('replay', team='us', workers=3, format='json')"
    )
    started = lambda: len(children_of(command.pid)) >= 2 or command.poll() is not None  # noqa: E731
    wait_until(started, SECONDS, "they start")
    for pid in children_of(command.pid):
        os.kill(pid, signal.SIGKILL)
    said = ended(command)
    assert json.loads(said[said.index("{") :])["streams"] == PULLS
    assert tables(team) == tables(alone)
    assert verify(Scope(team="us")).changed == 0


@pytest.mark.parametrize("workers", [1, 3])
def test_after_ctrl_c_the_same_command_goes_on(alone, team, processes, workers):
    code = (
        "from django.core.management import call_command\n"
        f"call_command('replay', team='us', workers={workers}, format='json')"
    )
    command = processes.start(code, **SLOW)
    begun = lambda: any(map(done, Run.objects.all())) or command.poll() is not None  # noqa: E731
    wait_until(begun, SECONDS, "a chunk is done")
    os.killpg(command.pid, signal.SIGINT)
    _, problems = command.communicate(timeout=SECONDS)
    assert command.returncode == 130, problems
    assert "interrupted: the same command goes on where it stopped" in problems
    assert "Traceback" not in problems
    run = Run.objects.get()
    assert run.state == Run.State.PAUSED
    assert done(run) < PULLS
    assert not Chunk.objects.exists()
    ended(processes.start(code))
    assert Run.objects.get().report["created"] == 3 * PULLS + 1
    assert tables(team) == tables(alone)


def children_of(pid):
    command = ["ps", "-o", "pid=,args=", "--ppid", str(pid)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return [int(line.split()[0]) for line in found.stdout.splitlines() if "spawn_main" in line]


@pytest.mark.parametrize("workers", [1, 2])
def test_paused_resumed_and_cancelled_from_another_process(alone, team, processes, workers):
    run = start_replay(Scope(team="us"), WHO)
    at_work = processes.work(run, workers, **SLOW)
    wait_until(lambda: done(run) > 0, SECONDS, "a chunk is done")
    assert changes.pause(run)
    for process in at_work:
        ended(process)
    first = done(run)
    assert run.state == Run.State.PAUSED
    assert 0 < first < PULLS
    assert not Chunk.objects.exists(), "what was begun was ended"
    assert changes.resume(run)
    at_work = processes.work(run, workers, **SLOW)
    wait_until(lambda: done(run) > first, SECONDS, "it goes on")
    assert changes.cancel(run)
    for process in at_work:
        ended(process)
    assert run.state == Run.State.CANCELLED
    assert PullRequest.for_team(team).count() == done(run) < PULLS, "what was done stays"
    again = start_replay(Scope(team="us"), WHO)
    for process in processes.work(again, workers):
        ended(process)
    again.refresh_from_db()
    assert again.state == Run.State.COMPLETE
    assert again.report["unchanged"] > 0
    assert tables(team) == tables(alone)


def test_deliveries_and_their_processing_beside_a_replay(alone, team, processes):
    """Nothing that comes in meanwhile is missed or overwritten by an older state."""
    if connection.vendor == "sqlite":
        pytest.skip("tested where there are several writers")
    run = start_replay(Scope(team="us"), WHO)
    live = processes.start(
        "import time\nfrom ingest.live.pending import work_off\n"
        "from ingest.models import Run\n"
        "while Run.objects.get().finished_at is None:\n    work_off(); time.sleep(0.02)\n"
    )
    at_work = processes.work(run, 2)
    sent = deliver_while(lambda: done(run) < PULLS, team)
    for process in [*at_work, live]:
        ended(process)
    assert sent > 10
    for process in processes.work(run):
        ended(process)
    last = processes.start("from ingest.live.pending import work_off; work_off()")
    ended(last)
    assert not is_pending()
    assert verify(Scope(team="us")).changed == 0
    renamed = PullRequest.for_team(team).filter(title="Renamed meanwhile")
    assert renamed.count() == min(sent, PULLS)
    append(alone, [delivery_of(number) for number in range(sent)])
    work_off()
    assert tables(team) == tables(alone)


def delivery_of(place):
    number = place % PULLS + 1
    at = moment(hours=40, seconds=place)
    found = pull_request(number, title="Renamed meanwhile", updated_at=stamp(at), state="closed")
    return delivered(delivery(found, "edited"), at)


def deliver_while(still, team):
    sent = 0
    while still() and sent < 3 * PULLS:
        append(team, [delivery_of(sent)])
        sent += 1
    return sent

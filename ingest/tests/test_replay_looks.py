"""Dry runs and verifications without a terminal: a run whose report is all that it writes."""

import pytest
from django.utils import timezone

from apps.metrics.models import PullRequest
from apps.teams.factories import TeamFactory
from ingest import tasks
from ingest.models import AuditLine, Chunk, Run
from ingest.replay import looks
from ingest.replay.replaying import dry_run
from ingest.replay.scope import Scope
from ingest.replay.starting import start_replay
from ingest.runs.changes import cancel
from ingest.runs.lease import EXPIRES, LeaseLost
from tests.payloads import fetched, merged
from tests.processed import dump, store_and_process

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pairs")]

WHO = "ann@example.com"
State = Run.State


@pytest.fixture(autouse=True)
def team():
    team = TeamFactory(slug="us")
    store_and_process(team, *(fetched(merged(number)) for number in range(1, 8)))
    PullRequest.objects.filter(number=3).update(size=900)
    return team


@pytest.mark.parametrize("mode", ["dry-run", "verify"])
def test_the_report_is_that_of_the_command_and_nothing_else_is_written(sent, mode):
    run = start_replay(Scope(team="us"), WHO, mode)
    before = dump()
    tasks.work_on_replay.apply((run.pk,))
    after = dump()
    assert {table for table in after if after[table] != before[table]} == {"ingest_run"}
    run.refresh_from_db()
    assert (run.state, run.report["mode"], run.report["updated"]) == (State.COMPLETE, mode, 1)
    assert (run.counters["streams"], run.counters["total"]) == (7, 7)
    assert sent == [], "one worker does all of it"


def test_the_effect_on_the_metrics_is_in_it():
    run = start_replay(Scope(team="us"), WHO, "dry-run")
    looks.look(run)
    expected = dry_run(Scope(team="us")).as_json()
    assert {**run.report, "seconds": 0} == {**expected, "seconds": 0}
    assert run.report["impact"]["size"]["moved"][0]["number"] == 3


def test_it_is_another_run_than_the_replay_of_that_scope_and_no_replay_in_the_audit():
    run = start_replay(Scope(team="us"), WHO, "dry-run")
    assert start_replay(Scope(team="us"), WHO, "dry-run") == run
    assert not AuditLine.objects.exists()
    assert start_replay(Scope(team="us"), WHO) != run


def test_workers_are_told_once_and_again_when_the_worker_died(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = start_replay(Scope(team="us"), WHO, "verify")
    assert sent == [run.pk]
    Run.objects.update(state=State.RUNNING, lease="elsewhere:1:x", heartbeat_at=timezone.now() - 2 * EXPIRES)
    tasks.resume_replays()
    assert sent == [run.pk] * 2
    tasks.work_on_replay.apply((run.pk,))
    assert Run.objects.get().state == State.COMPLETE
    assert not Chunk.objects.exists()


def test_one_that_another_worker_is_at_is_left_to_it():
    run = start_replay(Scope(team="us"), WHO, "verify")
    Run.objects.update(state=State.RUNNING, lease="elsewhere:1:x", heartbeat_at=timezone.now())
    tasks.work_on_replay.apply((run.pk,))
    assert Run.objects.get().state == State.RUNNING


def test_cancelled_it_ends_at_the_next_chunk(monkeypatch):
    run = start_replay(Scope(team="us"), WHO, "dry-run")
    counters = looks.Report.counters

    def cancel_first(report):
        cancel(Run.objects.get())
        return counters(report)

    monkeypatch.setattr(looks.Report, "counters", cancel_first)
    with pytest.raises(LeaseLost):
        looks.look(run)
    assert (Run.objects.get().state, Run.objects.get().report) == (State.CANCELLED, {})


def test_a_failure_is_in_the_row(monkeypatch):
    run = start_replay(Scope(team="us"), WHO, "dry-run")
    monkeypatch.setattr("ingest.replay.looking.fold", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        looks.look(run)
    assert (run.state, run.error) == (State.FAILED, "ZeroDivisionError")

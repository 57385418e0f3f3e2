"""`GitHubIntegration.sync_status` and `last_sync_at` at every moment of a run."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import GitHubIntegration, TrackedRepository
from apps.integrations.services.github_sync import begin
from apps.integrations.services.repositories.tracking import sync, unfollow
from ingest.backfill.window import Window
from ingest.log.purging import purge
from ingest.models import Run
from ingest.runs.changes import cancel, pause, resume
from ingest.runs.lease import EXPIRES, take

State = Run.State


@pytest.fixture
def tracked(db):
    return TrackedRepositoryFactory()


@pytest.fixture
def run(tracked):
    found, _ = begin(tracked, Window())
    return found


def seen(tracked):
    row = GitHubIntegration.objects.get(pk=tracked.integration_id)
    return row.sync_status, row.last_sync_at


def of(tracked):
    return TrackedRepository.objects.get(pk=tracked.pk).last_sync_at


def test_queued_running_complete(tracked, run):
    assert seen(tracked) == ("syncing", None)
    lease = take(run)
    assert seen(tracked) == ("syncing", None)
    lease.leave(State.COMPLETE)
    assert seen(tracked) == ("complete", run.finished_at)
    assert of(tracked) == run.finished_at


def test_failed_and_again(tracked, run):
    take(run).leave(State.FAILED, error="Unavailable", message="GitHub failed.")
    assert seen(tracked) == ("error", None)
    again, _ = begin(tracked, Window())
    assert seen(tracked) == ("syncing", None)
    take(again).leave(State.COMPLETE)
    assert seen(tracked) == ("complete", again.finished_at)


def test_waiting_and_on(tracked, run):
    take(run).leave(State.WAITING, not_before=timezone.now() + timedelta(minutes=5))
    assert seen(tracked) == ("syncing", None)
    lease = take(run)
    assert seen(tracked) == ("syncing", None)
    lease.leave(State.QUEUED)
    assert seen(tracked) == ("syncing", None)


def test_paused_resumed_cancelled(tracked, run):
    pause(run)
    assert seen(tracked) == ("pending", None)
    resume(run)
    assert seen(tracked) == ("syncing", None)
    cancel(run)
    assert seen(tracked) == ("pending", None)


def test_a_cancelled_one_says_nothing_of_the_one_before(tracked, run):
    take(run).leave(State.COMPLETE)
    second, _ = begin(tracked, Window())
    cancel(second)
    assert seen(tracked) == ("complete", run.finished_at)


def test_a_killed_worker_s_run_goes_on_by_itself(tracked, run, monkeypatch):
    take(run)
    Run.objects.update(heartbeat_at=timezone.now() - EXPIRES - timedelta(seconds=1))
    assert seen(tracked) == ("syncing", None)
    sent = []
    monkeypatch.setattr(tasks.continue_backfill, "delay", sent.append)
    tasks.resume_waiting_runs()
    assert sent == [run.pk]


def test_a_run_of_what_is_not_followed_any_more(tracked, run):
    take(run).leave(State.FAILED)
    unfollow(tracked, "alice@example.com")
    assert seen(tracked) == ("pending", None)


def test_a_purge_takes_what_its_runs_said(tracked, run):
    take(run).leave(State.COMPLETE)
    purge(tracked.team, {tracked.github_repo_id: tracked.full_name}, "alice@example.com")
    assert seen(tracked) == ("pending", None)
    assert of(tracked) is None


def test_a_change_that_fails_leaves_the_status(tracked, run, monkeypatch):
    monkeypatch.setattr("apps.integrations.listeners.sync_status", lambda integration: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take(run)
    run.refresh_from_db()
    assert (run.state, seen(tracked)) == (State.QUEUED, ("syncing", None))


@pytest.mark.django_db(transaction=True)
def test_two_runs_that_end_at_once():
    first = TrackedRepositoryFactory()
    both = [first, TrackedRepositoryFactory(integration=first.integration)]
    leases = [take(sync(tracked, Window(), "")[0]) for tracked in both]
    barrier = threading.Barrier(2)

    def end(lease):
        try:
            barrier.wait()
            lease.leave(State.COMPLETE)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=end, args=[lease]) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen(first)[0] == "complete"

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import GitHubIntegration, IntegrationCredential
from apps.integrations.services.github_sync import sync_repository_history
from apps.metrics.models import PullRequest
from ingest.models import Budget, Run
from ingest.runs.changes import cancel, pause
from ingest.runs.lease import take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_rest")]

Status = GitHubIntegration.SyncStatus


@pytest.fixture
def tracked(standin, world):
    return TrackedRepositoryFactory(github_repo_id=world.repository.id, full_name="acme/rocket")


@pytest.fixture
def sent(monkeypatch):
    """Runs whose continuation was sent to the broker."""
    found = []
    monkeypatch.setattr(tasks.continue_backfill, "delay", found.append)
    return found


def status(tracked):
    return GitHubIntegration.objects.get(pk=tracked.integration_id).sync_status


def test_the_function(tracked):
    found = sync_repository_history(tracked)
    assert found["state"] == "complete"
    assert found["window"] == {"days": 90, "open": True}
    tracked.refresh_from_db()
    assert tracked.last_sync_at == Run.objects.get().finished_at
    assert sync_repository_history(tracked, days_back=10)["events_stored"] == 0


def test_the_function_never_sleeps_for_a_limit(standin, tracked):
    standin.behaviour.rate_limit = 15
    assert sync_repository_history(tracked)["state"] == "waiting"
    assert status(tracked) == Status.SYNCING


def test_the_task(tracked, sent):
    tasks.sync_repository_history_task(tracked.pk)
    assert Run.objects.get().state == Run.State.COMPLETE
    assert PullRequest.objects.exists()
    assert sent == []


def test_a_repository_that_is_not_followed(standin, tracked, sent):
    type(tracked).objects.update(is_active=False)
    tasks.sync_repository_history_task(tracked.pk)
    tasks.sync_repository_history_task(0)
    assert not Run.objects.exists()
    assert len(standin.requests) == 0


def test_a_task_works_for_a_while_and_sends_itself_again(tracked, sent, monkeypatch):
    monkeypatch.setattr(tasks, "TASK_SECONDS", 0.0)
    tasks.sync_repository_history_task(tracked.pk)
    run = Run.objects.get()
    assert (run.state, sent) == (Run.State.QUEUED, [run.pk])
    assert status(tracked) == Status.SYNCING
    monkeypatch.setattr(tasks, "TASK_SECONDS", 60.0)
    tasks.continue_backfill(run.pk)
    assert Run.objects.get().state == Run.State.COMPLETE
    assert len(sent) == 1


def test_a_limit_ends_the_task_and_beat_goes_on(standin, tracked, sent):
    standin.behaviour.rate_limit = 15
    tasks.sync_repository_history_task(tracked.pk)
    run = Run.objects.get()
    assert (run.state, run.lease) == (Run.State.WAITING, "")
    assert sent == []

    Run.objects.update(not_before=timezone.now() + timedelta(minutes=5))
    tasks.resume_waiting_runs()
    assert sent == []
    Run.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    tasks.resume_waiting_runs()
    assert sent == [run.pk]
    standin.behaviour.rate_limit = 5000
    # What is known to all who ask in this name.
    Budget.objects.update(refused_until=None, reset_at=timezone.now())
    tasks.continue_backfill(run.pk)
    assert Run.objects.get().state == Run.State.COMPLETE


def test_a_killed_worker_s_run_is_taken_up(tracked, sent):
    run = Run.objects.create(
        team=tracked.team,
        kind="backfill",
        github_repo_id=tracked.github_repo_id,
        scope={"repository": "acme/rocket", "window": {"days": 90, "open": True}},
        state="running",
        lease="elsewhere:1:x",
        heartbeat_at=timezone.now() - timedelta(minutes=1),
    )
    tasks.resume_waiting_runs()
    assert sent == [run.pk]
    tasks.continue_backfill(run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.COMPLETE


def test_a_message_for_a_run_that_is_held_paused_or_over_does_nothing(standin, tracked, sent):
    run = Run.objects.create(team=tracked.team, kind="backfill", github_repo_id=tracked.github_repo_id)
    take(run)
    tasks.continue_backfill(run.pk)
    pause(run)
    tasks.continue_backfill(run.pk)
    cancel(run)
    tasks.continue_backfill(run.pk)
    tasks.continue_backfill(0)
    assert len(standin.requests) == 0


def test_a_failure_stands_in_the_run(standin, tracked, sent):
    standin.behaviour.hidden = True
    tasks.sync_repository_history_task(tracked.pk)
    run = Run.objects.get()
    assert (run.state, run.error) == (Run.State.FAILED, "NotFoundOrNoPermission")
    assert status(tracked) == Status.ERROR
    assert sent == []


def test_a_refused_token_is_marked(standin, tracked):
    standin.behaviour.tokens = {"another"}
    tasks.sync_repository_history_task(tracked.pk)
    credential = IntegrationCredential.objects.get()
    assert credential.status == IntegrationCredential.Status.REVOKED


def test_beat_knows_the_task(settings):
    assert tasks.resume_waiting_runs.name in [e["task"] for e in settings.CELERY_BEAT_SCHEDULE.values()]

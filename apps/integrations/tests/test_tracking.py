"""Following and unfollowing; what GitHub is asked is in test_webhook_registration."""

import threading

import pytest
from django.db import connections, transaction
from kombu.exceptions import OperationalError

from apps.integrations import tasks
from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.models import (
    AvailableRepository,
    GitHubIntegration,
    IntegrationCredential,
    Purge,
    TrackedRepository,
)
from apps.integrations.services.purges import BeingPurged
from apps.integrations.services.repositories.tracking import follow, retry_webhook, sync, unfollow
from ingest.backfill.window import Window
from ingest.models import AuditLine, Run
from ingest.runs.changes import cancel, pause

WHO = "alice@example.com"
ID = 700_000_001


@pytest.fixture
def sent(monkeypatch):
    """What was sent to the broker."""
    found = []
    for task in (tasks.settle_webhook, tasks.continue_backfill, tasks.sync_repository_history_task):
        monkeypatch.setattr(task, "delay", lambda *args, name=task.name: found.append((name[24:], *args)))
    return found


@pytest.fixture
def listed(transactional_db):
    integration = GitHubIntegrationFactory(organization_slug="acme")
    return AvailableRepository.objects.create(
        team=integration.team, integration=integration, github_repo_id=ID, full_name="acme/rocket"
    )


def lines():
    return [(line.action, line.who) for line in AuditLine.objects.order_by("pk")]


def test_following_wants_a_webhook_and_queues_a_backfill(listed, sent):
    tracked, new = follow(listed, Window(30), WHO)
    assert new
    assert (tracked.is_active, tracked.webhook_wanted, tracked.integration) == (
        True,
        True,
        listed.integration,
    )
    run = Run.objects.get()
    assert (run.state, run.github_repo_id, run.scope["who"]) == (Run.State.QUEUED, ID, WHO)
    assert run.scope["window"] == {"days": 30, "open": True}
    assert sent == [("settle_webhook", tracked.pk), ("continue_backfill", run.pk)]
    assert GitHubIntegration.objects.get().sync_status == "syncing"
    assert lines() == [("track", WHO), ("sync", WHO)]


def test_nothing_is_sent_before_the_commit(listed, sent):
    with transaction.atomic():
        follow(listed, Window(None), WHO)
        assert sent == []
    assert sent[1] == ("continue_backfill", Run.objects.get().pk)


def test_following_twice_is_following_once(listed, sent):
    tracked, _ = follow(listed, Window(30), WHO)
    Run.objects.update(state=Run.State.COMPLETE)
    assert follow(listed, Window(365), WHO) == (tracked, False)
    assert Run.objects.count() == 1
    assert len(sent) == 2


def test_two_clicks_at_the_same_moment(listed, sent):
    barrier, answers = threading.Barrier(4), []

    def click():
        try:
            barrier.wait()
            answers.append(follow(listed, Window(30), WHO)[1])
        finally:
            connections.close_all()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert sorted(answers) == [False, False, False, True]
    assert Run.objects.count() == TrackedRepository.objects.count() == 1
    assert sorted(name for name, *_ in sent) == ["continue_backfill", "settle_webhook"]


def test_unfollowing_keeps_the_row_and_ends_the_run(listed, sent):
    tracked, _ = follow(listed, Window(30), WHO)
    TrackedRepository.objects.update(webhook_id=5, webhook_problem="old")
    sent.clear()
    assert unfollow(tracked, WHO)
    assert (tracked.is_active, tracked.webhook_wanted, tracked.webhook_id) == (False, False, 5)
    assert tracked.webhook_problem == ""
    assert Run.objects.get().state == Run.State.CANCELLED
    assert sent == [("settle_webhook", tracked.pk)]
    assert GitHubIntegration.objects.get().sync_status == "pending"
    assert not unfollow(tracked, WHO)
    assert lines()[2:] == [("untrack", WHO)]


def test_following_again_is_the_same_row(listed, sent):
    tracked, _ = follow(listed, Window(30), WHO)
    unfollow(tracked, WHO)
    again, new = follow(listed, Window(90), WHO)
    assert (again.pk, new, again.is_active) == (tracked.pk, True, True)
    assert Run.objects.filter(state=Run.State.QUEUED).count() == 1


def test_following_again_does_not_get_a_run_that_was_left(listed, sent):
    follow(listed, Window(30), WHO)
    # As a process would leave it that is killed in the middle of unfollowing.
    TrackedRepository.objects.update(is_active=False)
    follow(listed, Window(365), WHO)
    left, now = Run.objects.order_by("pk")
    assert (left.state, now.state) == (Run.State.CANCELLED, Run.State.QUEUED)
    assert now.scope["window"] == {"days": 365, "open": True}


def test_a_message_that_comes_after_cancel_begins_nothing(listed, sent, monkeypatch):
    monkeypatch.setattr(tasks, "go_on", lambda *args, **options: pytest.fail("nothing is fetched"))
    tracked, _ = follow(listed, Window(30), WHO)
    for over in (cancel, lambda run: Run.objects.update(state=Run.State.COMPLETE)):
        sent.clear()
        run, _ = sync(tracked, Window(365), WHO)
        over(run)
        for name, *args in sent:
            getattr(tasks, name)(*args)
        run.refresh_from_db()
        assert run.state in (Run.State.CANCELLED, Run.State.COMPLETE)
        assert not Run.objects.filter(state__in=Run.ACTIVE).exists()
    assert Run.objects.count() == 2


def test_a_second_sync_finds_the_first(listed, sent):
    tracked, _ = follow(listed, Window(30), WHO)
    run, new = sync(tracked, Window(365), WHO)
    assert (run, new) == (Run.objects.get(), False)
    assert lines() == [("track", WHO), ("sync", WHO)]
    sent.clear()
    pause(run)
    assert sync(tracked, Window(365), WHO) == (run, False)
    # A paused run goes on when somebody resumes it.
    assert sent == []


def test_with_the_broker_down_the_rows_wait(listed, monkeypatch, caplog):
    def down(*args):
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.settle_webhook, "delay", down)
    monkeypatch.setattr(tasks.continue_backfill, "delay", down)
    follow(listed, Window(30), WHO)
    assert Run.objects.get().state == Run.State.QUEUED
    assert caplog.text.count("beat will look") == 2


def test_what_is_being_purged_is_not_fetched(listed, sent):
    tracked = TrackedRepositoryFactory(integration=listed.integration, github_repo_id=ID, is_active=False)
    Purge.objects.create(team=listed.team, github_repo_id=ID, who=WHO)
    with pytest.raises(BeingPurged, match="acme/rocket is being deleted"):
        follow(listed, Window(30), WHO)
    with pytest.raises(BeingPurged):
        sync(tracked, Window(30), WHO)
    assert not Run.objects.exists()
    assert not TrackedRepository.objects.get().is_active
    Purge.objects.update(github_repo_id=0)
    with pytest.raises(BeingPurged):
        sync(tracked, Window(30), WHO)
    Purge.objects.update(state=Purge.State.DONE)
    assert follow(listed, Window(30), WHO)[1]


def test_it_goes_on_with_the_connection_that_works(listed, sent):
    tracked, _ = follow(listed, Window(30), WHO)
    Run.objects.update(state=Run.State.FAILED)
    IntegrationCredential.objects.update(status="disconnected")
    sync(tracked, Window(30), WHO)
    assert tracked.integration == listed.integration
    Run.objects.update(state=Run.State.FAILED)
    now = GitHubIntegrationFactory(team=listed.team, credential__source="token")
    tracked = TrackedRepository.objects.get()
    sync(tracked, Window(30), WHO)
    assert TrackedRepository.objects.get().integration == now
    statuses = GitHubIntegration.objects.order_by("pk").values_list("sync_status", flat=True)
    assert list(statuses) == ["pending", "syncing"]
    # The webhook too, also where its removal failed before.
    TrackedRepository.objects.update(integration=listed.integration)
    retry_webhook(TrackedRepository.objects.get())
    assert TrackedRepository.objects.get().integration == now


def test_another_team_follows_for_itself(listed, sent):
    other = TrackedRepositoryFactory(github_repo_id=ID)
    tracked, _ = follow(listed, Window(30), WHO)
    unfollow(tracked, WHO)
    other.refresh_from_db()
    assert other.is_active
    assert not AuditLine.for_team(other.team).exists()


def test_a_webhook_is_tried_again(listed, sent):
    tracked = TrackedRepositoryFactory(
        integration=listed.integration, github_repo_id=ID, webhook_problem="no right"
    )
    retry_webhook(tracked)
    tracked.refresh_from_db()
    assert (tracked.webhook_wanted, tracked.webhook_problem) == (True, "")
    assert sent == [("settle_webhook", tracked.pk)]

"""While what was stored is deleted no backfill begins, whoever asks for one."""

import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.cli import backfill_many
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import Purge, TrackedRepository
from apps.integrations.services.github_sync import begin
from apps.integrations.services.purges import BeingPurged, ask, work_on
from apps.integrations.services.runs import syncing
from apps.integrations.services.runs.comparing import compare
from apps.integrations.services.webhooks import reconcile
from apps.teams.models import Team
from ingest.backfill.coverage import coverage
from ingest.backfill.window import Window
from ingest.log import purging
from ingest.models import Run, Stream

from .pages import mute

pytestmark = pytest.mark.django_db

WHO = "alice@example.com"


@pytest.fixture
def tracked(standin, world):
    return TrackedRepositoryFactory(
        team__slug="core", github_repo_id=world.repository.id, full_name="acme/rocket", webhook_id=5
    )


def being_purged(tracked, whole_team=False):
    return Purge.objects.create(
        team=tracked.team, github_repo_id=0 if whole_team else tracked.github_repo_id, who=WHO
    )


@pytest.mark.parametrize("whole_team", [False, True])
def test_none_begins(tracked, whole_team):
    purge = being_purged(tracked, whole_team)
    for action in (begin, compare):
        with pytest.raises(BeingPurged, match="acme/rocket is being deleted"):
            action(tracked, Window() if action is begin else None)
    assert not Run.objects.exists()
    Purge.objects.filter(pk=purge.pk).update(state=Purge.State.DONE)
    assert begin(tracked, Window())[1]


def test_another_repository_s_begins(tracked):
    being_purged(tracked)
    assert begin(TrackedRepositoryFactory(integration=tracked.integration), Window())[1]
    assert begin(TrackedRepositoryFactory(github_repo_id=tracked.github_repo_id), Window())[1]


def test_nobody_gets_one_that_is_not_cancelled_yet(tracked):
    begin(tracked, Window())
    being_purged(tracked)
    with pytest.raises(BeingPurged):
        begin(tracked, Window())


def test_tasks_end_quietly(tracked, standin, monkeypatch, caplog):
    being_purged(tracked)
    sent = mute(monkeypatch, tasks.continue_backfill)
    found = reconcile.Found(complete=True, compare_reason="never complete")
    monkeypatch.setattr(tasks, "reconcile", lambda *args, **options: found)
    monkeypatch.setattr(tasks, "settle", lambda pk: True)
    tasks.sync_repository_history_task(tracked.pk)
    tasks.reconcile_repository(tracked.pk)
    tasks.settle_webhook(tracked.pk)
    assert not Run.objects.exists()
    assert sent == []
    assert len(standin.requests) == 0
    assert "ERROR" not in caplog.text


def test_a_sync_by_itself_ends_quietly(tracked, monkeypatch):
    """Also where the purge was asked for after it looked."""
    monkeypatch.setattr(syncing, "window_of", lambda tracked: Window())
    monkeypatch.setattr(syncing, "living", lambda *of: None)
    being_purged(tracked)
    now = timezone.now()
    assert syncing.sync(tracked, now) is None
    assert not Run.objects.exists()
    assert TrackedRepository.objects.get().sync_due_at > now


def command(*arguments):
    out, err = StringIO(), StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, str(error)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue() + err.getvalue()


def test_the_command_says_why(tracked):
    being_purged(tracked)
    TrackedRepository.objects.update(is_active=False)
    status, said = command("backfill", "acme/rocket", "--team=core")
    assert (status, "acme/rocket is being deleted" in said) == (1, True)
    assert not Run.objects.exists()
    assert not TrackedRepository.objects.get().is_active, "it is not followed by that either"


def test_reconcile_says_why(tracked, monkeypatch):
    found = reconcile.Found(complete=True, compare_reason="never complete")
    monkeypatch.setattr(
        "apps.integrations.management.commands.reconcile.reconcile", lambda *args, **options: found
    )
    being_purged(tracked)
    status, said = command("reconcile", "--team=core")
    assert (status, "being deleted" in said) == (1, True)


def test_of_many_they_are_left_out(tracked, monkeypatch):
    """Also where the purge was asked for after they were looked at."""
    being_purged(tracked)
    team = Team.objects.get()
    other = TrackedRepositoryFactory(integration=tracked.integration, full_name="acme/other")
    mute(monkeypatch, tasks.continue_backfill)
    (run,) = backfill_many.queue(team, [tracked, other], Window(), "auto")
    assert run.github_repo_id == other.github_repo_id
    monkeypatch.setattr(backfill_many, "refuse_purged", lambda *of: None)
    status, said = command("backfill", "acme", "--team=core")
    assert (status, "acme/rocket is being deleted" in said) == (0, True)
    assert not Run.objects.filter(github_repo_id=tracked.github_repo_id).exists()


def test_what_slipped_in_goes_with_what_it_fetched(tracked, monkeypatch):
    tasks.sync_repository_history_task(tracked.pk)
    asked = ask(tracked.team, tracked.github_repo_id, tracked.full_name, WHO)
    note, slipped = purging._note, []

    def and_one_slips_in(line, gone, *, finished):
        note(line, gone, finished=finished)
        if finished and not slipped:
            Purge.objects.update(state=Purge.State.DONE)
            tasks.sync_repository_history_task(tracked.pk)
            Purge.objects.update(state=Purge.State.RUNNING)
            slipped.append(Run.objects.get().state)

    monkeypatch.setattr(purging, "_note", and_one_slips_in)
    work_on(asked.pk)
    assert slipped == [Run.State.COMPLETE]
    assert coverage(tracked.team_id, tracked.github_repo_id) is None
    assert not Run.objects.exists()
    assert not Stream.objects.exists()
    asked.refresh_from_db()
    assert asked.state == Purge.State.DONE
    assert asked.deleted["runs"] == 2
    assert TrackedRepository.objects.get().last_sync_at is None


@pytest.mark.django_db(transaction=True)
def test_a_run_that_begins_while_somebody_asks_for_a_purge():
    tracked, begun, done = TrackedRepositoryFactory(), threading.Event(), threading.Event()

    def clicks():
        try:
            begun.wait(10)
            ask(tracked.team, 0, "", WHO)
        finally:
            done.set()
            connections.close_all()

    click = threading.Thread(target=clicks)
    click.start()
    with transaction.atomic():
        run, _ = begin(tracked, Window())
        begun.set()
        # Whoever asks has to wait for the commit; who didn't would find no run to cancel.
        done.wait(0.5)
    click.join()
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED

"""GITHUB_TOKEN at a terminal, and workers without it: the way that the README begins with."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import IntegrationCredentialFactory, TrackedRepositoryFactory
from apps.integrations.models import GitHubIntegration, IntegrationCredential, TrackedRepository
from apps.integrations.services.credentials import token_source
from apps.integrations.services.github_sync import begin, sync_repository_history
from apps.integrations.services.runs import syncing
from apps.integrations.services.webhooks.registration import settle
from ingest.backfill.window import Window
from ingest.models import Run
from ingest.runs.lease import EXPIRES

from .backfill_command.command import core
from .pages import client_of, mute
from .test_syncing import later

pytestmark = pytest.mark.django_db

AT_THE_TERMINAL = "ghp_at_the_terminal"


@pytest.fixture
def tracked(standin, world, settings):
    """Backfilled by a command; from here on this process is a worker."""
    settings.GITHUB_TOKEN = AT_THE_TERMINAL
    credential = IntegrationCredentialFactory(team__slug="core", source="environment", connected_by=None)
    tracked = TrackedRepositoryFactory(
        integration__credential=credential,
        team=credential.team,
        github_repo_id=world.repository.id,
        full_name="acme/rocket",
    )
    sync_repository_history(tracked)
    standin.requests.clear()
    settings.GITHUB_TOKEN = ""
    return tracked


@pytest.fixture
def sent(monkeypatch):
    monkeypatch.setattr(tasks.hints, "look", lambda: None)
    return mute(monkeypatch, tasks.continue_backfill, tasks.list_repositories, tasks.reconcile_repository)


def test_beat_leaves_it_alone(tracked, sent, settings, monkeypatch):
    reconciled = []
    monkeypatch.setattr(
        tasks.reconcile_repository, "apply_async", lambda args, **options: reconciled.append(args)
    )
    TrackedRepository.objects.update(webhook_id=5)
    now = later(tracked)[1]
    monkeypatch.setattr(tasks.timezone, "now", lambda: now)

    def beats():
        tasks.list_old_repositories()
        tasks.sync_repositories()
        tasks.reconcile_repositories()
        return sorted(name for name, _ in sent), reconciled, Run.objects.count()

    assert beats() == ([], [], 1)
    # With the setting the same credential is everybody's.
    settings.GITHUB_TOKEN = AT_THE_TERMINAL
    assert beats() == (["continue_backfill", "list_repositories"], [(tracked.pk,)], 2)


def test_a_worker_that_is_told_all_the_same_revokes_nothing(tracked, sent, standin, settings):
    """It may have been told by a process that has the token."""
    token = token_source(tracked.integration.credential)
    TrackedRepository.objects.update(webhook_id=5)
    tasks.list_repositories(tracked.integration_id)
    tasks.reconcile_repository(tracked.pk)
    assert IntegrationCredential.objects.get().status == IntegrationCredential.Status.ACTIVE
    assert "GITHUB_TOKEN is not set" in GitHubIntegration.objects.get().repositories_problem
    assert len(standin.requests) == 0
    # What the command asks before each of its requests.
    settings.GITHUB_TOKEN = AT_THE_TERMINAL
    assert token() == AT_THE_TERMINAL


def test_the_page_says_why_nothing_is_synced(tracked, settings):
    page = f"/a/core/integrations/github/repos/{tracked.github_repo_id}/"
    client = client_of(tracked.team)
    assert "followed by a command with GITHUB_TOKEN" in client.get(page).text
    assert syncing.next_sync(later(tracked)[0], later(tracked)[1]).at is None
    settings.GITHUB_TOKEN = AT_THE_TERMINAL
    assert syncing.next_sync(later(tracked)[0], later(tracked)[1]).at is not None


def test_a_sync_on_a_page_says_what_it_waits_for(tracked, settings):
    place, client = f"/a/core/integrations/github/repos/{tracked.github_repo_id}/", client_of(tracked.team)
    answer = client.post(f"{place}sync/", follow=True)
    run = Run.objects.latest("pk")
    # However long it waits.
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=1))
    for text in (answer.text, client.get(place).text, client.get(answer.redirect_chain[-1][0]).text):
        assert "It waits for GITHUB_TOKEN, with which acme/rocket was followed" in text
        assert "`manage.py backfill acme/rocket --team core` goes on with this run" in text
        assert "No worker has taken it" not in text
    settings.GITHUB_TOKEN = AT_THE_TERMINAL
    assert "It waits for GITHUB_TOKEN" not in client.get(place).text
    assert (core("--format=json").json["run"], run.state) == (run.pk, Run.State.QUEUED)
    run.refresh_from_db()
    assert run.state == Run.State.COMPLETE


@pytest.mark.parametrize("state", [Run.State.RUNNING, Run.State.WAITING])
def test_so_does_a_run_whose_command_is_gone(tracked, state):
    """No worker goes on with it."""
    run, _ = begin(tracked, Window())
    client = client_of(tracked.team)
    for silent, said in ((EXPIRES * 2, True), (timedelta(), False)):
        beat = {"lease": "x", "heartbeat_at": timezone.now() - silent}
        Run.objects.filter(pk=run.pk).update(state=state, not_before=timezone.now(), **beat)
        text = client.get(f"/a/core/integrations/runs/{run.pk}/").text
        assert ("It waits for GITHUB_TOKEN" in text) is said


@pytest.mark.parametrize("followed", [True, False])
def test_a_webhook_that_a_worker_can_not_see_to(tracked, standin, followed):
    TrackedRepository.objects.update(
        is_active=followed, webhook_wanted=followed, webhook_id=None if followed else 5
    )
    settle(tracked.pk)
    tracked.refresh_from_db()
    assert tracked.webhook_problem.startswith("GITHUB_TOKEN, with which")
    assert (len(standin.requests), tracked.webhook_not_before) == (0, None)
    assert IntegrationCredential.objects.get().status == IntegrationCredential.Status.ACTIVE

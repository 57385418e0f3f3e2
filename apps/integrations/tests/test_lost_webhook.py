"""A webhook that was deleted or switched off at GitHub: noticed, said, made again, and nothing is missing."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import Reconciliation
from apps.integrations.services.github_sync import sync_repository_history
from apps.integrations.services.runs.syncing import overlap
from apps.integrations.services.webhooks.noticing import note_lost
from apps.integrations.services.webhooks.registration import settle, unsettled
from apps.integrations.tests.pages import client_of, mute
from ingest.backfill.window import Window
from ingest.models import Run

pytestmark = pytest.mark.django_db

ELSEWHERE = "https://example.com/elsewhere/"


@pytest.fixture
def tracked(standin, world, settings):
    """A repository with its history and its hook, whose deliveries were looked at."""
    settings.SITE_URL = "http://127.0.0.1:9"  # nobody listens
    found = TrackedRepositoryFactory(
        team__slug="ours", github_repo_id=world.repository.id, full_name="acme/rocket", webhook_wanted=True
    )
    sync_repository_history(found)
    settle(found.pk)
    found.refresh_from_db()
    return found


@pytest.fixture
def sent(monkeypatch):
    return mute(monkeypatch, tasks.continue_backfill, tasks.reconcile_repository, tasks.settle_webhook)


def hook_of(standin, tracked):
    return standin.hooks.all[tracked.webhook_id]


def looked_at(tracked):
    tasks.reconcile_repository(tracked.pk)
    tracked.refresh_from_db()
    return tracked


@pytest.mark.parametrize("how", ["deleted", "switched off", "given another address"])
def test_it_is_said_and_made_again(standin, world, tracked, sent, how):
    hook = hook_of(standin, tracked)
    if how == "deleted":
        standin.hooks.remove(hook)
    elif how == "switched off":
        standin.hooks.change(hook, active=False)
    else:
        standin.hooks.change(hook, url=ELSEWHERE)
    looked_at(tracked)
    assert tracked.webhook_problem.startswith(f"Webhook pending: it was {how} at GitHub")
    # Somebody took it away on purpose, perhaps: it waits for the button.
    assert not unsettled(timezone.now() + timedelta(days=1)).exists()

    page = f"/a/ours/integrations/github/repos/{world.repository.id}/"
    admin = client_of(tracked.team)
    shown = admin.get(page).text
    assert "Webhook active" not in shown
    assert tracked.webhook_problem in shown
    assert "Try the webhook again" in shown
    admin.post(f"{page}webhook/")

    tasks.settle_webhook(tracked.pk)
    tracked.refresh_from_db()
    *theirs, made = standin.hooks.of(world.repository.id)
    assert [one.url for one in theirs] == [ELSEWHERE] * (how == "given another address")
    assert (tracked.webhook_id, made.active, tracked.webhook_problem) == (made.id, True, "")
    assert "Webhook active" in admin.get(page).text


def test_what_changed_meanwhile_is_fetched(standin, tracked, sent):
    looked_at(tracked)
    standin.hooks.remove(hook_of(standin, tracked))
    looked_at(tracked)
    Run.objects.update(state=Run.State.COMPLETE)
    sent.clear()
    tasks.settle_webhook(tracked.pk)
    run = Run.objects.order_by("pk").last()
    assert run.state == Run.State.QUEUED
    assert sent == [("continue_backfill", run.pk)]
    # From a little before the last look on.
    since = Reconciliation.objects.get().seen_until
    assert Window.from_json(run.scope["window"]).since == since - overlap()


def test_a_first_hook_fetches_nothing_more(standin, tracked, sent):
    assert Run.objects.count() == 1
    tasks.settle_webhook(tracked.pk)
    assert (Run.objects.count(), sent) == (1, [])


def test_one_that_is_there_is_left_alone(standin, tracked, sent):
    before = tracked.webhook_id
    looked_at(tracked)
    assert (tracked.webhook_id, tracked.webhook_problem) == (before, "")


def test_who_may_not_see_hooks_is_not_told_that_it_is_gone(standin, tracked, sent):
    standin.behaviour.hooks_refused = 404
    looked_at(tracked)
    assert (tracked.webhook_id is not None, tracked.webhook_problem) == (True, "")


def test_one_that_was_made_again_meanwhile_stays(standin, tracked, sent):
    """The look began with the hook before."""
    stale = type(tracked).objects.get(pk=tracked.pk)
    standin.hooks.remove(hook_of(standin, tracked))
    settle(tracked.pk)
    tracked.refresh_from_db()
    note_lost(stale, stale.webhook_id, "deleted")
    tracked.refresh_from_db()
    assert (tracked.webhook_id is not None, tracked.webhook_problem) == (True, "")


def test_the_command_says_it_too(standin, tracked, capsys):
    standin.hooks.remove(hook_of(standin, tracked))
    call_command("reconcile", "--team=ours")
    tracked.refresh_from_db()
    assert tracked.webhook_id is None
    assert "deleted at GitHub" in "".join(capsys.readouterr())

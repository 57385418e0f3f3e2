"""A hook that was made when the site had another address: ours still, and there is never a second one."""

import pytest

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import TrackedRepository
from apps.integrations.services.github_sync import sync_repository_history
from apps.integrations.services.github_webhooks import endpoint_of
from apps.integrations.services.webhooks.hooks import Hook, address_of, is_misdirected
from apps.integrations.services.webhooks.noticing import MISDIRECTED
from apps.integrations.services.webhooks.registration import settle
from apps.integrations.services.webhooks.rotation import rotate
from apps.integrations.tests.pages import badges, client_of, mute
from ingest.models import RawGitHubEvent

pytestmark = pytest.mark.django_db

# Nobody listens there.
BEFORE, NOW = "http://127.0.0.1:9", "http://127.0.0.1:7"


@pytest.fixture
def tracked(standin, world, settings):
    """Its hook was made before the site moved."""
    settings.SITE_URL = BEFORE
    found = TrackedRepositoryFactory(
        team__slug="ours", github_repo_id=world.repository.id, full_name="acme/rocket", webhook_wanted=True
    )
    sync_repository_history(found)
    settle(found.pk)
    settings.SITE_URL = NOW
    found.refresh_from_db()
    return found


@pytest.fixture
def sent(monkeypatch):
    return mute(monkeypatch, tasks.continue_backfill, tasks.reconcile_repository, tasks.settle_webhook)


def hooks(standin, world):
    return standin.hooks.of(world.repository.id)


def looked_at(tracked):
    tasks.reconcile_repository(tracked.pk)
    tracked.refresh_from_db()
    return tracked


def settled(tracked, **changes):
    TrackedRepository.objects.filter(pk=tracked.pk).update(**changes)
    settle(tracked.pk)
    tracked.refresh_from_db()
    return tracked


def test_it_is_said_and_directed_here(standin, world, tracked, sent):
    (before,) = hooks(standin, world)
    looked_at(tracked)
    assert (tracked.webhook_id, tracked.webhook_problem) == (before.id, MISDIRECTED)

    page = f"/a/ours/integrations/github/repos/{world.repository.id}/"
    admin = client_of(tracked.team)
    assert badges(admin, page) == ["not listed", "Webhook misdirected", "Synced"]
    shown = admin.get(page).text
    assert "it sends to the address that this site had before" in shown
    assert "Try the webhook again" in shown
    admin.post(f"{page}webhook/")

    tasks.settle_webhook(tracked.pk)
    (hook,) = hooks(standin, world)
    assert (hook.id, hook.url) == (before.id, address_of(tracked.team))
    assert hook.url.startswith(NOW)
    assert looked_at(tracked).webhook_problem == ""
    assert badges(admin, page) == ["not listed", "Webhook active", "Synced"]


def test_what_it_sent_meanwhile_is_fetched(standin, world, tracked, sent):
    looked_at(tracked)
    (hook,) = hooks(standin, world)
    sent_there = world.deliveries(1)
    standin.hooks.send(hook, sent_there)
    looked_at(tracked)
    restored = RawGitHubEvent.for_team(tracked.team).filter(endpoint="deliveries").exclude(event_type="ping")
    assert set(restored.values_list("delivery_id", flat=True)) == {one.id for one in sent_there}
    assert tracked.webhook_problem == MISDIRECTED


def test_it_is_removed_when_the_repository_is_not_followed_any_more(standin, world, tracked):
    settled(tracked, is_active=False, webhook_wanted=False)
    assert hooks(standin, world) == []
    assert (tracked.webhook_id, tracked.webhook_problem) == (None, "")


def test_a_new_secret_directs_it_here(standin, world, tracked):
    (before,) = hooks(standin, world)
    rotate(tracked.team, "alice@example.com")
    settle(tracked.pk)
    (hook,) = hooks(standin, world)
    assert (hook.id, hook.url) == (before.id, address_of(tracked.team))
    assert hook.secret != before.secret


def test_beside_one_that_is_here_it_goes(standin, world, tracked):
    here = standin.hooks.add(world, address_of(tracked.team), "made by hand")
    settled(tracked)
    (hook,) = hooks(standin, world)
    assert (hook.id, hook.secret) == (here.id, tracked.integration.webhook_secret)
    assert tracked.webhook_id == here.id


def test_another_s_is_never_touched(standin, world, tracked):
    """Not with another id, nor with another key, be it at our former address."""
    key = endpoint_of(tracked.team).key
    (ours,) = hooks(standin, world)
    theirs = [
        standin.hooks.add(world, f"https://example.com/webhooks/github/{key}/"),
        standin.hooks.add(world, f"{BEFORE}/webhooks/github/another-key/"),
        standin.hooks.add(world, "https://[/"),
    ]
    settled(tracked)
    assert [one for one in hooks(standin, world) if one.id != ours.id] == theirs
    for one in theirs[1:]:
        settled(tracked, webhook_id=one.id, is_active=False, webhook_wanted=False)
        assert one in hooks(standin, world)


def test_the_address_was_wrong_for_a_while_only(tracked, sent, settings):
    looked_at(tracked)
    settings.SITE_URL = BEFORE
    assert looked_at(tracked).webhook_problem == ""


@pytest.mark.parametrize(
    "known", [{"webhook_problem": "something else"}, {"webhook_secret_old": True}], ids=["problem", "secret"]
)
def test_what_else_is_known_stays(tracked, sent, known):
    TrackedRepository.objects.update(**known)
    looked_at(tracked)
    assert tracked.webhook_problem == known.get("webhook_problem", "")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://new.example.com/webhooks/github/k/", False),
        ("https://old.example.com/webhooks/github/k/", True),
        ("http://new.example.com/webhooks/github/k/", True),
        ("https://old.example.com/webhooks/github/other/", False),
        ("https://old.example.com/?/webhooks/github/k/", False),
        ("https://[/webhooks/github/k/", False),
        ("", False),
    ],
)
def test_which_address_is_a_former_one(url, found):
    hook = Hook(1)
    hook.config.url = url
    assert is_misdirected(hook, "https://new.example.com/webhooks/github/k/") is found


def test_at_the_address_that_all_teams_share_it_is_here(standin, world, tracked, sent):
    (hook,) = hooks(standin, world)
    standin.hooks.change(hook, url=f"{NOW}/webhooks/github/")
    assert looked_at(tracked).webhook_problem == ""
    assert tracked.webhook_id == hook.id

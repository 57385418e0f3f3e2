from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import GitHubIntegration, IntegrationCredential, TrackedRepository
from apps.integrations.services.webhooks import registration as webhook_registration
from apps.integrations.services.webhooks.hooks import address_of
from apps.integrations.services.webhooks.registration import CHANGE_POINTS, settle, unsettled
from ingest.github.shared_pacer import SharedPacer

pytestmark = pytest.mark.django_db

# Nobody listens there: what a hook is sent fails at once.
SITE = "http://127.0.0.1:9"
FOREIGN = "https://example.com/webhooks/github/key/"


@pytest.fixture
def tracked(standin, world, settings):
    settings.SITE_URL = SITE
    return TrackedRepositoryFactory(
        github_repo_id=world.repository.id, full_name="acme/rocket", webhook_wanted=True
    )


def settled(tracked, **changes):
    TrackedRepository.objects.filter(pk=tracked.pk).update(**changes)
    settle(tracked.pk)
    tracked.refresh_from_db()
    return tracked


def hooks(standin, world):
    return standin.hooks.of(world.repository.id)


def test_it_is_made_at_the_team_s_own_address(standin, world, tracked):
    settled(tracked)
    (hook,) = hooks(standin, world)
    assert hook.url == address_of(tracked.team)
    assert hook.url.startswith(f"{SITE}/webhooks/github/")
    assert (hook.events, hook.content_type, hook.insecure_ssl, hook.active) == (("*",), "json", "0", True)
    assert hook.secret == tracked.integration.webhook_secret
    assert (tracked.webhook_id, tracked.webhook_problem) == (hook.id, "")
    assert standin.hooks.attempts[0].delivery.event == "ping"


def test_a_secret_is_made_where_there_is_none(standin, world, tracked):
    GitHubIntegration.objects.filter(pk=tracked.integration_id).update(webhook_secret="")
    settled(tracked)
    secret = GitHubIntegration.objects.get(pk=tracked.integration_id).webhook_secret
    assert len(secret) == 64
    assert hooks(standin, world)[0].secret == secret


def test_it_is_adopted_with_our_secret_and_events(standin, world, tracked):
    theirs = standin.hooks.add(world, FOREIGN, "theirs", events=["push"])
    old = standin.hooks.add(world, address_of(tracked.team), "forgotten", events=["push"], active=False)
    settled(tracked)
    settled(tracked, webhook_id=None)
    kept, ours = hooks(standin, world)
    assert kept == theirs
    assert (ours.id, ours.events, ours.active) == (old.id, ("*",), True)
    assert ours.secret == tracked.integration.webhook_secret
    assert tracked.webhook_id == old.id


def test_another_worker_made_it_in_between(standin, world, tracked, monkeypatch):
    ours = webhook_registration._Place.ours
    looks = []

    def blind_first(place):
        looks.append(1)
        return [] if len(looks) == 1 else ours(place)

    monkeypatch.setattr(webhook_registration._Place, "ours", blind_first)
    made = standin.hooks.add(world, address_of(tracked.team), "theirs")
    assert settled(tracked).webhook_id == made.id
    assert hooks(standin, world)[0].secret == tracked.integration.webhook_secret


def test_two_teams_have_a_hook_each(standin, world, tracked):
    other = TrackedRepositoryFactory(
        github_repo_id=world.repository.id, full_name="acme/rocket", webhook_wanted=True
    )
    settled(tracked)
    settled(other)
    assert {hook.url for hook in hooks(standin, world)} == {address_of(t.team) for t in (tracked, other)}
    settled(tracked, is_active=False, webhook_wanted=False)
    (left,) = hooks(standin, world)
    assert left.id == other.webhook_id


def test_only_ours_is_removed(standin, world, tracked):
    theirs = standin.hooks.add(world, FOREIGN)
    settled(tracked)
    settled(tracked, is_active=False, webhook_wanted=False)
    assert hooks(standin, world) == [theirs]
    assert tracked.webhook_id is None
    # Somebody gave the hook of that id another address: it is not ours any more.
    settled(tracked, webhook_id=theirs.id)
    assert hooks(standin, world) == [theirs]
    assert tracked.webhook_id is None


def test_one_that_is_gone_already(standin, world, tracked):
    settled(tracked)
    standin.hooks.remove(hooks(standin, world)[0])
    assert settled(tracked, is_active=False, webhook_wanted=False).webhook_id is None


def test_it_can_not_be_removed(standin, world, tracked):
    settled(tracked)
    standin.behaviour.hooks_refused = 404
    settled(tracked, is_active=False, webhook_wanted=False)
    assert tracked.webhook_id is not None
    assert "https://github.com/acme/rocket/settings/hooks" in tracked.webhook_problem
    standin.behaviour.hooks_refused = 0
    assert settled(tracked).webhook_problem == ""
    assert hooks(standin, world) == []


def test_a_renamed_repository_and_one_that_took_its_name(standin, world, tracked):
    world.rename("booster")
    settled(tracked)
    assert len(hooks(standin, world)) == 1
    other = type(world).generate(seed=8, pulls=1, now=world.now)
    standin.worlds.append(other)
    settled(tracked, is_active=False, webhook_wanted=False)
    assert hooks(standin, world) == hooks(standin, other) == []


@pytest.mark.parametrize(
    ("behaviour", "words", "again"),
    [
        ({"hooks_refused": 404}, "not an administrator", False),
        ({"hooks_refused": 403}, "Grant the token the right to manage webhooks", False),
        ({"saml": True}, "single sign-on", False),
        ({"tokens": {"another"}}, "Connect GitHub again", False),
        ({"rate_limit": 0}, "by itself", True),
        ({"blocked": True}, "ask the repository's owner", False),
    ],
)
def test_what_keeps_it_pending(standin, world, tracked, behaviour, words, again):
    for name, value in behaviour.items():
        setattr(standin.behaviour, name, value)
    settled(tracked)
    assert words in tracked.webhook_problem
    assert (tracked.webhook_id, tracked.webhook_not_before is not None) == (None, again)
    assert hooks(standin, world) == []


def test_a_refused_token_is_marked(standin, tracked):
    standin.behaviour.tokens = {"another"}
    settled(tracked)
    assert IntegrationCredential.objects.get().status == IntegrationCredential.Status.REVOKED


def test_an_archived_repository_takes_none(standin, world, tracked):
    world.repository = replace(world.repository, archived=True)
    assert "is archived" in settled(tracked).webhook_problem


def test_unreachable_and_again(standin, world, tracked, settings, monkeypatch):
    monkeypatch.setattr("ingest.github.client.ATTEMPTS", 1)
    good, settings.GITHUB_API_URL = settings.GITHUB_API_URL, "http://127.0.0.1:9"
    settled(tracked)
    assert "cannot be reached" in tracked.webhook_problem
    assert tracked.webhook_not_before is not None
    settings.GITHUB_API_URL = good
    assert settled(tracked).webhook_id == hooks(standin, world)[0].id


def test_an_address_that_github_can_not_reach(tracked, settings):
    settings.GITHUB_API_URL = "https://api.github.com"
    settled(tracked)
    assert tracked.webhook_problem.startswith(f"GitHub can't reach {SITE}")
    assert tracked.webhook_not_before is None


def test_unfollowed_while_github_was_asked(standin, world, tracked, monkeypatch):
    make = webhook_registration._make

    def unfollowed(row):
        TrackedRepository.objects.update(is_active=False, webhook_wanted=False)
        return make(row)

    monkeypatch.setattr(webhook_registration, "_make", unfollowed)
    assert settled(tracked).webhook_id is None
    assert hooks(standin, world) == []


def test_what_beat_sees_to(tracked, monkeypatch, settings):
    sent = []
    monkeypatch.setattr(tasks.settle_webhook, "delay", sent.append)
    now = timezone.now()

    def is_due(**changes):
        TrackedRepository.objects.update(**changes)
        return unsettled(now).exists()

    assert not is_due(updated_at=now)
    assert is_due(updated_at=now - timedelta(minutes=2))
    assert not is_due(webhook_problem="no")
    assert not is_due(webhook_not_before=now + timedelta(seconds=1))
    assert is_due(webhook_not_before=now)
    tasks.settle_webhooks()
    assert sent == [tracked.pk]
    assert not is_due(webhook_id=5)
    assert not is_due(webhook_wanted=False)
    assert is_due(is_active=False)
    # What was followed on the command line has no hook unless somebody asks for one.
    assert not is_due(webhook_id=None, is_active=True)
    assert tasks.settle_webhooks.name in [e["task"] for e in settings.CELERY_BEAT_SCHEDULE.values()]


def test_nothing_wanted_asks_nothing(standin, tracked):
    settled(tracked, webhook_wanted=False)
    settle(0)
    assert len(standin.requests) == 0


def test_the_secret_is_in_no_log(standin, tracked, caplog):
    settled(tracked)
    assert tracked.integration.webhook_secret not in caplog.text


def test_what_github_counts_is_taken_from_the_budget(standin, world, tracked, monkeypatch):
    """A change is five points there, also where it is sent beside the client."""
    taken = []
    monkeypatch.setattr(SharedPacer, "wait", lambda self, resource: taken.append(resource))
    settled(tracked)
    settled(tracked, webhook_wanted=False, is_active=False)
    assert hooks(standin, world) == []
    assert taken == ["rest"] * sum(asked.points for asked in standin.requests.all)
    assert len(taken) >= 2 * CHANGE_POINTS

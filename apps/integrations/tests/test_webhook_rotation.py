"""A new secret: no delivery is refused while GitHub has the new one for some hooks only."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.models import TrackedRepository
from apps.integrations.services.github_webhooks import candidates_of_key, endpoint_of, sign
from apps.integrations.services.webhooks import registration as webhook_registration
from apps.integrations.services.webhooks.registration import settle, unsettled
from apps.integrations.services.webhooks.rotation import NoSecret, behind, rotate, standing
from apps.integrations.tests.pages import client_of, mute
from ingest.models import AuditLine
from ingest.standin import World

pytestmark = pytest.mark.django_db

FORMER = "the former secret"
WHO = "alice@example.com"


@pytest.fixture
def integration(settings):
    settings.SITE_URL = "http://127.0.0.1:9"  # nobody listens
    return GitHubIntegrationFactory(team__slug="ours", webhook_secret=FORMER)


def with_hooks(standin, integration):
    """Two repositories of it that are followed, each with its hook."""
    standin.worlds.append(World.generate(repository="booster", pulls=1, now=standin.worlds[0].now))
    found = []
    for world in standin.worlds:
        place = world.repository
        one = TrackedRepositoryFactory(
            integration=integration, github_repo_id=place.id, full_name=place.full_name, webhook_wanted=True
        )
        settle(one.pk)
        found.append(one)
    return found


@pytest.fixture
def tracked(standin, integration):
    """With hooks that have the secret."""
    return with_hooks(standin, integration)


def secrets(integration):
    integration.refresh_from_db()
    return integration.webhook_secret, integration.previous_webhook_secret


def at_github(standin):
    return [hook.secret for hook in standin.hooks.all.values()]


def taken(team, secret):
    body = b"{}"
    (candidate,) = candidates_of_key(endpoint_of(team).key)
    return sign(secret, body) in [sign(one, body) for one in candidate.secrets]


def test_the_former_is_taken_until_every_hook_has_the_new_one(standin, integration, tracked):
    team = integration.team
    assert rotate(team, WHO).old == 2
    new, previous = secrets(integration)
    assert (len(new), previous) == (64, FORMER)
    assert taken(team, new)
    assert taken(team, FORMER)

    settle(tracked[0].pk)
    assert at_github(standin) == [new, FORMER]
    assert secrets(integration) == (new, FORMER)
    assert [one.pk for one in behind(team)] == [tracked[1].pk]

    settle(tracked[1].pk)
    assert at_github(standin) == [new, new]
    assert secrets(integration) == (new, "")
    assert not taken(team, FORMER)
    assert len(standin.hooks.all) == 2


def test_again_makes_no_third_and_writes_no_second_line(standin, integration, tracked):
    rotate(integration.team, WHO)
    before = secrets(integration)
    TrackedRepository.objects.update(webhook_problem="no")
    TrackedRepository.objects.filter(pk=tracked[1].pk).update(
        webhook_not_before=timezone.now() + timedelta(minutes=1)
    )
    rotate(integration.team, "bob@example.com")
    assert secrets(integration) == before
    # Who waits for GitHub's limit goes on waiting.
    assert [one.webhook_problem for one in TrackedRepository.objects.order_by("pk")] == ["", "no"]
    (line,) = AuditLine.objects.filter(action="webhook secret changed")
    assert (line.who, line.detail) == (WHO, {"webhooks": 2})

    for one in tracked:
        settle(one.pk)
    rotate(integration.team, WHO)
    assert secrets(integration)[0] != before[0]
    assert AuditLine.objects.filter(action="webhook secret changed").count() == 2


def test_a_secret_that_was_read_before_the_change_is_not_taken_for_the_new_one(
    standin, integration, tracked, monkeypatch
):
    secret_of = webhook_registration.secret_of

    def overtaken(row):
        found = secret_of(row)
        monkeypatch.setattr(webhook_registration, "secret_of", secret_of)
        rotate(integration.team, WHO)
        return found

    monkeypatch.setattr(webhook_registration, "secret_of", overtaken)
    settle(tracked[0].pk)
    assert at_github(standin)[0] == FORMER
    assert standing(integration.team).old == 2
    assert secrets(integration)[1] == FORMER


def test_beat_sees_to_a_lost_message(standin, integration, tracked):
    rotate(integration.team, WHO)
    assert not unsettled(timezone.now()).exists()
    later = timezone.now() + timedelta(minutes=2)
    assert list(unsettled(later)) == tracked
    settle(tracked[0].pk)
    assert list(unsettled(later)) == tracked[1:]


def test_who_is_not_followed_any_more_holds_nothing_up(standin, integration, tracked):
    rotate(integration.team, WHO)
    settle(tracked[0].pk)
    standin.behaviour.hooks_refused = 404
    TrackedRepository.objects.filter(pk=tracked[1].pk).update(is_active=False, webhook_wanted=False)
    settle(tracked[1].pk)
    assert secrets(integration)[1] == ""


def test_another_team_s_secret_stays(standin, integration, tracked):
    other = TrackedRepositoryFactory(integration__webhook_secret="theirs", webhook_id=5)
    rotate(integration.team, WHO)
    assert secrets(other.integration) == ("theirs", "")
    assert list(behind(other.team)) == []


def test_without_a_hook(integration):
    assert rotate(integration.team, WHO) == standing(integration.team)
    assert secrets(integration)[1] == ""
    with pytest.raises(NoSecret, match="no webhook yet"):
        rotate(GitHubIntegrationFactory(webhook_secret="").team, WHO)


class TestCommand:
    def test_all_have_it(self, standin, integration, tracked, capsys, monkeypatch):
        monkeypatch.setattr("getpass.getuser", lambda: "alice")
        call_command("rotate_webhook_secret", "--team=ours")
        new, previous = secrets(integration)
        assert (at_github(standin), previous) == ([new, new], "")
        out, err = capsys.readouterr()
        assert "All 2 webhooks have the new secret" in out
        assert new not in out + err
        line = AuditLine.objects.get(action="webhook secret changed")
        assert line.who == "alice, on the command line"

    def test_it_fails_and_goes_on(self, standin, integration, tracked, capsys):
        standin.behaviour.hooks_refused = 404
        with pytest.raises(CommandError, match="2 of 2 webhooks have the former secret") as raised:
            call_command("rotate_webhook_secret", "--team=ours")
        assert raised.value.returncode == 1
        assert "not an administrator" in capsys.readouterr().err
        new, _ = secrets(integration)
        standin.behaviour.hooks_refused = 0
        call_command("rotate_webhook_secret", "--team=ours")
        assert at_github(standin) == [new, new]

    def test_an_unknown_team(self):
        with pytest.raises(CommandError, match="no team 'none'") as raised:
            call_command("rotate_webhook_secret", "--team=none")
        assert raised.value.returncode == 2


class TestPage:
    ADDRESS = "/a/ours/integrations/github/webhook-secret/"
    PAGE = "/a/ours/integrations/github/"

    def test_an_admin_presses_the_button(
        self, standin, integration, tracked, monkeypatch, django_capture_on_commit_callbacks
    ):
        sent = mute(monkeypatch, tasks.settle_webhook)
        admin = client_of(integration.team)
        assert "Change the secret" in admin.get(self.PAGE).text
        with django_capture_on_commit_callbacks(execute=True):
            page = admin.post(self.ADDRESS, follow=True).text
        assert sorted(sent) == [("settle_webhook", one.pk) for one in tracked]
        assert "told it for 2 of 2 webhooks" in page
        assert "2 of 2 webhooks have the former secret still" in page
        assert "Tell GitHub again" in page
        assert secrets(integration)[0] not in page
        assert AuditLine.objects.get(action="webhook secret changed").who == "admin@example.com"
        for one in tracked:
            settle(one.pk)
        assert "former secret" not in admin.get(self.PAGE).text

    def test_nothing_changes_without_the_right_or_by_looking(self, integration, tracked):
        assert client_of(integration.team, "member").post(self.ADDRESS).status_code == 403
        assert (
            "Change the secret"
            not in client_of(integration.team, "member", "m@example.com").get(self.PAGE).text
        )
        admin = client_of(integration.team)
        admin.get(self.ADDRESS)
        checked = Client(enforce_csrf_checks=True)
        checked.cookies = admin.cookies
        assert checked.post(self.ADDRESS).status_code == 403
        assert secrets(integration) == (FORMER, "")

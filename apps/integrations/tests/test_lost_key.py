"""A lost encryption key: what it locked up fits no signature and is made anew; all else goes on."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import GitHubIntegrationFactory
from apps.integrations.fields import Ciphertext
from apps.integrations.models import (
    GitHubIntegration,
    IntegrationCredential,
    RefusedDelivery,
    TrackedRepository,
)
from apps.integrations.services.encryption import encrypt
from apps.integrations.services.webhooks.registration import settle, unsettled
from apps.integrations.services.webhooks.rotation import NoSecret, rotate, standing
from ingest.live import hints
from ingest.models import AuditLine, RawGitHubEvent

from .pages import client_of, mute
from .test_webhook_rotation import FORMER, WHO, at_github, secrets, taken, with_hooks
from .test_webhooks import BODY, SECRET, connected, send

pytestmark = pytest.mark.django_db

CURRENT, PREVIOUS = "webhook_secret", "previous_webhook_secret"


def lock_up(team, *columns):
    """As if the key that they were encrypted with were gone."""
    lost = Fernet(Fernet.generate_key())
    values = {name: Ciphertext(lost.encrypt(b"locked up").decode()) for name in columns}
    GitHubIntegration.objects.filter(team=team).update(**values)


@pytest.fixture
def tracked(standin, settings):
    """Two repositories with hooks that have the secret."""
    settings.SITE_URL = "http://127.0.0.1:9"  # nobody listens
    integration = GitHubIntegrationFactory(team__slug="ours", webhook_secret=FORMER)
    return with_hooks(standin, integration)


@pytest.fixture
def integration(tracked):
    return tracked[0].integration


def stored(team):
    return GitHubIntegration.objects.filter(team=team).values_list(CURRENT, PREVIOUS).get()


class TestTheDoor:
    @pytest.fixture(autouse=True)
    def looks(self, monkeypatch):
        monkeypatch.setattr(hints, "look_soon", lambda: None)

    @pytest.mark.parametrize("own_address", [True, False])
    def test_it_refuses_and_says_so_once(self, own_address, caplog):
        team = connected(hook_id=1)
        lock_up(team, CURRENT)
        for _ in range(3):
            answer = send(team=team if own_address else None, X_GitHub_Hook_ID="1")
            assert answer.status_code == 403
        assert RawGitHubEvent.objects.count() == 0
        assert (RefusedDelivery.objects.get().reason, RefusedDelivery.objects.get().count) == ("signature", 3)
        (line,) = [one for one in caplog.messages if "opens a webhook secret" in one]
        assert f"team {team.pk}" in line
        assert "locked up" not in caplog.text
        assert stored(team)[0] not in caplog.text

    @pytest.mark.parametrize(
        ("kept", "lost"), [(CURRENT, PREVIOUS), (PREVIOUS, CURRENT)], ids=["current", "previous"]
    )
    def test_it_takes_what_the_other_secret_signed(self, kept, lost):
        team = connected("")
        GitHubIntegration.objects.filter(team=team).update(**{kept: Ciphertext(encrypt(SECRET))})
        lock_up(team, lost)
        assert send(BODY, team=team).status_code == 202

    def test_another_team_is_not_harmed_at_the_common_address(self):
        lock_up(connected(), CURRENT)
        other = connected()
        assert send().status_code == 202
        assert RawGitHubEvent.objects.get().team == other


class TestTheSecret:
    def test_all_hooks_get_a_new_one_once_somebody_checks_one(self, standin, integration, tracked, caplog):
        team = integration.team
        lock_up(team, CURRENT)
        TrackedRepository.objects.filter(pk=tracked[1].pk).update(webhook_problem="an old one")
        settle(tracked[0].pk)
        new, previous = secrets(integration)
        assert (len(new), previous) == (64, "")
        assert at_github(standin) == [new, FORMER]
        assert (standing(team).hooks, standing(team).old) == (2, 1)
        assert new not in caplog.text
        later = timezone.now() + timedelta(minutes=2)
        assert list(unsettled(later)) == tracked[1:]
        settle(tracked[1].pk)
        assert at_github(standin) == [new, new]
        assert secrets(integration) == (new, "")
        assert standing(team).old == 0
        assert taken(team, new)

    def test_whoever_can_not_read_the_token_replaces_nothing(self, standin, integration, tracked):
        """It may be a process with wrong keys."""
        lock_up(integration.team, CURRENT)
        before = stored(integration.team)
        IntegrationCredential.objects.update(access_token=str(before[0]))
        settle(tracked[0].pk)
        assert stored(integration.team) == before
        tracked[0].refresh_from_db()
        assert tracked[0].webhook_problem.startswith("The team's token can't be read")
        # The next step that it names is one.
        IntegrationCredential.objects.update(access_token=encrypt("gho_new"))
        settle(tracked[0].pk)
        tracked[0].refresh_from_db()
        assert tracked[0].webhook_problem == ""
        assert at_github(standin)[0] == secrets(integration)[0]


class TestChangingIt:
    def test_both_are_lost(self, standin, integration, tracked):
        team = integration.team
        lock_up(team, CURRENT, PREVIOUS)
        assert rotate(team, WHO).old == 2
        new, previous = secrets(integration)
        assert (len(new), previous) == (64, "")
        # While GitHub has it not for all, again is no third.
        assert rotate(team, WHO).old == 2
        assert secrets(integration) == (new, "")
        assert AuditLine.objects.filter(action="webhook secret changed").count() == 1
        for one in tracked:
            settle(one.pk)
        assert at_github(standin) == [new, new]
        assert rotate(team, WHO).old == 2
        assert secrets(integration)[1] == new

    def test_the_former_is_lost(self, standin, integration, tracked):
        lock_up(integration.team, PREVIOUS)
        rotate(integration.team, WHO)
        assert secrets(integration)[1] == FORMER
        for one in tracked:
            settle(one.pk)
        assert at_github(standin) == [secrets(integration)[0]] * 2
        assert secrets(integration)[1] == ""

    def test_the_new_one_is_lost_before_all_have_it(self, standin, integration, tracked):
        rotate(integration.team, WHO)
        settle(tracked[0].pk)
        lock_up(integration.team, CURRENT)
        rotate(integration.team, WHO)
        new, previous = secrets(integration)
        assert previous == FORMER, "the second hook has it"
        for one in tracked:
            settle(one.pk)
        assert at_github(standin) == [new, new]
        assert secrets(integration) == (new, "")

    def test_without_any_there_is_none_to_change(self, integration):
        GitHubIntegration.objects.update(webhook_secret="")
        lock_up(integration.team, PREVIOUS)
        with pytest.raises(NoSecret):
            rotate(integration.team, WHO)

    def test_the_command_says_what_is_refused_meanwhile(self, standin, integration, tracked):
        standin.behaviour.hooks_refused = 404
        lock_up(integration.team, CURRENT)
        with pytest.raises(CommandError, match="what 2 webhooks send is refused until GitHub has the new"):
            call_command("rotate_webhook_secret", "--team=ours")

    def test_by_the_command(self, standin, integration, tracked, capsys):
        lock_up(integration.team, CURRENT)
        call_command("rotate_webhook_secret", "--team=ours")
        assert at_github(standin) == [secrets(integration)[0]] * 2
        assert "All 2 webhooks have the new secret" in capsys.readouterr().out

    def test_by_the_button(self, standin, integration, tracked, monkeypatch):
        mute(monkeypatch, tasks.settle_webhook)
        lock_up(integration.team, CURRENT, PREVIOUS)
        page = client_of(integration.team).post("/a/ours/integrations/github/webhook-secret/", follow=True)
        assert "told it for 2 of 2 webhooks" in page.text
        assert "taken too" not in page.text

    def test_the_page_says_what_is_refused(self, standin, integration, tracked):
        admin = client_of(integration.team)

        def said():
            return admin.get("/a/ours/integrations/github/").text

        assert "is refused" not in said()
        lock_up(integration.team, CURRENT)
        assert "the secret of 2 webhooks: what they send is refused. Change the secret" in said()
        rotate(integration.team, WHO)
        assert "what 2 webhooks send is refused until GitHub has the new one" in said()
        settle(tracked[0].pk)
        assert "what one webhook sends is refused until GitHub has the new one" in said()
        assert "taken too" not in said()
        settle(tracked[1].pk)
        assert "is refused" not in said()
        # Once there is one that a key opens, it is taken beside the next.
        rotate(integration.team, WHO)
        assert "The former secret is taken too" in said()

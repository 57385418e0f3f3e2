"""The page of a connection: its card, its buttons, and what each of them says."""

from datetime import timedelta

import pytest

from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.models import GitHubIntegration, IntegrationCredential
from apps.integrations.services.credentials import note_use
from apps.integrations.services.encryption import encrypt
from apps.integrations.services.repositories.tracking import track
from apps.integrations.tasks import import_members
from apps.integrations.tests.signing_in import HERE, connect
from apps.metrics.factories import TeamMemberFactory
from apps.metrics.models import TeamMember
from apps.teams.factories import MembershipFactory
from ingest.backfill.repository import Repository
from ingest.models import AuditLine
from tests import payloads
from tests.processed import dump, store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]


def test_before_anything_is_connected(client, team):
    page = client.get(HERE)
    assert "Not connected yet" in page.text
    assert "Connect with GitHub" in page.text
    for scope in ("repo", "read:org", "admin:repo_hook"):
        assert f"<code>{scope}</code>" in page.text
    assert "✓" not in page.text
    assert "✗" not in page.text


def test_showing_it_writes_nothing_and_asks_nobody(client, team, standin):
    connect(client)
    before, asked = dump(), len(standin.requests)
    client.get(HERE)
    client.get(HERE + "organization/")
    client.get(HERE + "token/")
    after = dump()
    for table in before:
        if table != "django_session":
            assert after[table] == before[table], table
    assert len(standin.requests) == asked


def test_a_member_sees_it_and_no_button(client, team):
    connect(client)
    client.force_login(MembershipFactory(team=team).user)
    page = client.get(HERE)
    assert "amara-osei" in page.text
    for path in ("test", "members", "disconnect", "authorize", "token", "organization"):
        assert f"{HERE}{path}/" not in page.text


def test_the_token_is_in_no_page(client, team, standin):
    page = connect(client)
    (token,) = standin.oauth.tokens
    for text in (page.text, client.get(HERE).text, client.get(HERE + "token/").text):
        assert token not in text
        assert IntegrationCredential.objects.get().access_token not in text


def test_test_connection(client, team, standin):
    connect(client)
    page = client.post(HERE + "test/", follow=True)
    (token,) = standin.oauth.tokens
    left = standin.limits.numbers(token, standin.clock())["remaining"]
    assert "Account: amara-osei; organisation: acme." in page.text
    assert f"{left:,} of 5,000 requests are left until 14:00 UTC." in page.text
    assert IntegrationCredential.objects.get().last_used_at


def test_where_there_are_no_limits(client, team, standin):
    connect(client)
    standin.behaviour.rate_limit_off = True
    assert "GitHub sets no limits here." in client.post(HERE + "test/", follow=True).text


def test_a_token_that_was_revoked_since(client, team, standin):
    connect(client)
    standin.behaviour.revoked |= set(standin.oauth.tokens)
    page = client.post(HERE + "test/", follow=True)
    assert "it was revoked, has expired" in page.text
    assert "needs reconnecting" in page.text
    assert "Connect again with GitHub" in page.text
    page = connect(client)
    assert "needs reconnecting" not in page.text
    assert IntegrationCredential.objects.get().status == "active"


def test_a_scope_that_was_taken_away_since(client, team, standin):
    connect(client)
    (token, grant), *_ = standin.oauth.tokens.items()
    standin.oauth.tokens[token] = type(grant)(grant.client_id, "repo", grant.login)
    page = client.post(HERE + "test/", follow=True)
    assert "permissions missing" in page.text


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        ({"error_every": 1, "errors": (503,)}, "Try again in a few minutes."),
        ({"rate_limit": 0}, "limit for this token is used up. Try again after"),
        ({"drop_every": 1}, "Try again in a few minutes."),
    ],
)
def test_what_keeps_github_from_answering(client, team, standin, behaviour, says):
    connect(client)
    for name, value in behaviour.items():
        setattr(standin.behaviour, name, value)
    page = client.post(HERE + "test/", follow=True)
    assert says in page.text
    assert IntegrationCredential.objects.get().status == "active"


def test_a_token_whose_key_is_gone(client, team):
    connect(client)
    IntegrationCredential.objects.update(access_token="damaged")
    assert "the key that it was encrypted with is gone" in client.post(HERE + "test/", follow=True).text
    assert client.get(HERE).status_code == 200
    assert client.post(HERE + "disconnect/").status_code == 302


def test_disconnect(client, team, standin):
    connect(client)
    (token,) = standin.oauth.tokens
    tracked = TrackedRepositoryFactory(integration=GitHubIntegration.objects.get(), webhook_id=5)
    page = client.post(HERE + "disconnect/", follow=True)
    assert "Disconnected: the token is erased here." in page.text
    assert "could not be told" not in page.text
    credential = IntegrationCredential.objects.get()
    assert (credential.access_token, credential.refresh_token, credential.status) == ("", "", "disconnected")
    assert token in standin.behaviour.revoked
    tracked.refresh_from_db()
    assert (tracked.is_active, tracked.webhook_id) == (True, 5)
    assert AuditLine.objects.last().action == "disconnected"
    page = connect(client)
    assert IntegrationCredential.objects.get().pk == credential.pk
    assert "Connected again to acme" in page.text


def test_disconnect_where_github_is_not_reached(client, team, settings):
    connect(client)
    settings.GITHUB_API_URL = "http://127.0.0.1:1"
    page = client.post(HERE + "disconnect/", follow=True)
    assert "GitHub could not be told to withdraw the token" in page.text
    assert IntegrationCredential.objects.get().access_token == ""


@pytest.mark.parametrize("path", ["authorize", "test", "members", "disconnect"])
def test_a_get_does_nothing(client, team, path):
    connect(client)
    before = IntegrationCredential.objects.values().get()
    assert client.get(f"{HERE}{path}/").url == HERE
    assert IntegrationCredential.objects.values().get() == before


def test_import_now(client, team, monkeypatch, django_capture_on_commit_callbacks):
    connect(client)
    sent = []
    monkeypatch.setattr(import_members, "delay", sent.append)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(HERE + "members/")
    assert sent == [GitHubIntegration.objects.get().pk]
    import_members(*sent)
    TeamMember.objects.filter(github_username="kavya-rao").update(is_active=False)
    page = client.get(HERE)
    assert "<b>11</b> <span>people</span>" in page.text
    assert "<b>1</b> <span>who left</span>" in page.text


def test_without_a_connection_nothing_is_promised(client, team):
    connect(client)
    import_members(GitHubIntegration.objects.get().pk)
    assert "Imported every day" in client.get(HERE).text
    client.post(HERE + "disconnect/")
    page = client.get(HERE)
    assert "Imported every day" not in page.text
    assert "Last imported" in page.text
    assert "Import now" not in page.text


def test_a_problem_with_members_is_shown(client, team):
    connect(client)
    GitHubIntegration.objects.update(members_problem="GitHub lists nobody.")
    assert "GitHub lists nobody." in client.get(HERE).text


def test_changing_the_organisation(client, team, world):
    connect(client)
    TrackedRepositoryFactory(integration=GitHubIntegration.objects.get())
    TeamMemberFactory(team=team)
    page = client.get(HERE + "organization/")
    assert "Connected to acme now." in page.text
    assert "The 1 followed repository stays followed" in page.text
    viewer = world.people.viewer
    client.post(HERE + "organization/", {"organization": str(viewer.id)})
    integration = GitHubIntegration.objects.get()
    assert (integration.organization_slug, integration.is_personal) == (viewer.login, True)
    client.post(HERE + "organization/", {"name": "acme"})
    assert not GitHubIntegration.objects.get().is_personal


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Choose one of the accounts"),
        ({"organization": "1"}, "Choose one of the accounts"),
        ({"name": "../user"}, "letters, digits and hyphens"),
        ({"name": "nobody-has-it"}, "GitHub finds nothing there"),
    ],
)
def test_what_cannot_be_chosen(client, team, given, says):
    connect(client)
    page = client.post(HERE + "organization/", given)
    assert says in page.text
    assert GitHubIntegration.objects.get().organization_slug == "acme"


def test_look_again(client, team, standin):
    standin.behaviour.organizations = ()
    connect(client)
    standin.behaviour.organizations = None
    page = client.post(HERE + "test/", {"next": "organization"}, follow=True)
    assert page.redirect_chain[-1][0] == HERE + "organization/"
    assert "acme" in page.text


def test_the_newest_ping(client, team):
    integration = GitHubIntegrationFactory(team=team)
    tracked = TrackedRepositoryFactory(integration=integration, github_repo_id=payloads.REPOSITORY_ID)
    assert "No ping has come yet." in client.get(HERE).text
    ping = {"zen": "Keep it.", "hook_id": 5, "repository": payloads.repository()}
    store(team, payloads.delivered(ping, payloads.moment(hours=1), event_type="ping"))
    page = client.get(HERE)
    assert "The newest ping came" in page.text
    assert "2026-03-02 10:00" in page.text
    tracked.delete()
    assert "No ping has come yet." in client.get(HERE).text


def test_what_the_server_s_own_token_made_is_not_the_team_s_connection(client, team):
    GitHubIntegrationFactory(team=team, credential__source="environment")
    assert "Not connected yet" in client.get(HERE).text


@pytest.mark.parametrize(("source", "organization"), [("oauth", "acme"), ("environment", "")])
def test_a_repository_of_another_owner_does_not_change_what_was_chosen(team, source, organization):
    integration = GitHubIntegrationFactory(
        team=team, credential__source=source, organization_slug="acme", organization_id=1
    )
    elsewhere = Repository(id=7, full_name="globex/api", owner="globex", owner_id=2, asked_at=None)
    track(team, elsewhere, integration.credential)
    integration.refresh_from_db()
    assert integration.organization_slug == organization


def test_last_use_is_noted_once_a_minute(client, team):
    credential = GitHubIntegrationFactory(team=team, credential__access_token=encrypt("gho_x")).credential
    note_use(credential)
    credential.refresh_from_db()
    first = credential.last_used_at
    note_use(credential)
    credential.refresh_from_db()
    assert credential.last_used_at == first
    IntegrationCredential.objects.update(last_used_at=first - timedelta(seconds=61))
    note_use(credential)
    credential.refresh_from_db()
    assert credential.last_used_at >= first

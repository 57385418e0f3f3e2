"""Connecting a team by signing in at GitHub, the whole way, against the stand-in."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import GitHubIntegration, IntegrationCredential
from apps.integrations.services.encryption import decrypt
from apps.integrations.tests.signing_in import HERE, back_with, connect, press, to_github
from apps.teams.factories import MembershipFactory
from apps.teams.models import Membership
from ingest.models import AuditLine
from ingest.standin import World, running

from .conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]


def the_credential():
    return IntegrationCredential.objects.get()


def audit():
    return list(AuditLine.objects.order_by("pk").values_list("who", "action"))


def test_what_is_asked_for(client, team, standin):
    asked = parse_qs(urlsplit(to_github(client)).query)
    assert asked.pop("state")
    assert asked.pop("code_challenge")
    assert asked == {
        "client_id": ["standin"],
        "redirect_uri": ["http://127.0.0.1:8000/integrations/github/callback/"],
        "scope": ["repo read:org admin:repo_hook"],
        "code_challenge_method": ["S256"],
    }


def test_the_whole_way(client, team, standin, world):
    page = connect(client)
    assert page.redirect_chain[-1] == (HERE, 302)
    assert "Connected to acme as amara-osei." in page.text
    credential, integration = the_credential(), GitHubIntegration.objects.get()
    assert decrypt(credential.access_token) in standin.oauth.tokens
    assert (credential.source, credential.status, credential.team) == ("oauth", "active", team)
    assert credential.scopes == ["admin:repo_hook", "read:org", "repo"]
    assert (credential.github_login, credential.github_user_id) == ("amara-osei", world.people.viewer.id)
    assert credential.connected_by.email == "admin@example.com"
    assert (integration.credential, integration.organization_id) == (credential, world.people.organization.id)
    assert not integration.is_personal
    assert audit() == [("admin@example.com", "organization chosen"), ("admin@example.com", "connected")]
    assert page.text.count("✓") == 3


def test_workers_are_told_after_the_commit(client, team, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    for name in ("import_members", "list_repositories"):
        monkeypatch.setattr(f"apps.integrations.tasks.{name}.delay", lambda pk, name=name: sent.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        connect(client)
    assert sorted(sent) == ["import_members", "list_repositories"]


def test_several_organisations_are_offered(client, team, world, settings):
    other = World.generate(owner="globex", pulls=3, now=NOW)
    with running(world, other) as standin:
        settings.GITHUB_API_URL = settings.GITHUB_WEB_URL = standin.url
        page = connect(client)
    assert page.redirect_chain[-1][0] == HERE + "organization/"
    for name in ("acme", "globex", "own account"):
        assert name in page.text
    assert GitHubIntegration.objects.get().organization_id is None
    client.post(HERE + "organization/", {"organization": str(other.people.organization.id)})
    assert GitHubIntegration.objects.get().organization_slug == "globex"
    assert ("admin@example.com", "organization chosen") in audit()


@pytest.mark.parametrize("decision", ["cancel", "authorize"])
def test_denied(client, team, standin, decision):
    standin.behaviour.denied = decision == "authorize"
    page = connect(client, decision)
    assert "You pressed Cancel at GitHub" in page.text
    assert not IntegrationCredential.objects.exists()


def test_a_state_counts_once(client, team):
    back = press(to_github(client))
    client.get(back)
    again = client.get(back)
    assert again.status_code == 400
    assert "was finished before, or begun in another browser" in again.text
    assert HERE in again.text


def test_a_state_of_another_browser(client, team):
    back = press(to_github(client))
    other = Client()
    other.force_login(Membership.objects.get().user)
    assert other.get(back).status_code == 400
    assert not IntegrationCredential.objects.exists()


def test_a_state_of_another_person(client, team):
    """Who makes a victim's browser finish a sign-in of their own."""
    back = press(to_github(client))
    victim = MembershipFactory(team__slug="theirs", role="admin").user
    client.force_login(victim)
    answer = client.get(back)
    assert answer.status_code == 400
    assert "begun by another account" in answer.text
    assert not IntegrationCredential.objects.exists()


def test_a_state_expires(client, team, monkeypatch):
    back = press(to_github(client))
    monkeypatch.setattr("apps.integrations.services.connecting.oauth_state.LIFE", -NOW.resolution)
    answer = client.get(back)
    assert answer.status_code == 400
    assert "More than ten minutes passed" in answer.text


@pytest.mark.parametrize("state", ["", "x", "a:b:c"])
def test_a_garbled_state(client, team, state):
    answer = client.get(back_with(code="c0de", state=state))
    assert answer.status_code == 400
    assert "not complete" in answer.text


def test_nobody_signs_in_first_and_the_code_goes_nowhere(client, team):
    back = press(to_github(client))
    client.logout()
    answer = client.get(back)
    assert answer.url == "/sign-in/?next=/integrations/github/callback/"


@pytest.mark.parametrize(("role", "status"), [("member", 403), (None, 404)])
def test_who_is_no_admin_any_more(client, team, role, status):
    back = press(to_github(client))
    mine = Membership.objects.filter(team=team)
    mine.update(role=role) if role else mine.delete()
    assert client.get(back).status_code == status
    assert not IntegrationCredential.objects.exists()


def test_the_code_is_refused(client, team, standin):
    back = press(to_github(client))
    standin.oauth.codes.clear()
    page = client.get(back, follow=True)
    assert "GitHub did not take the code" in page.text


def test_the_verifier_is_checked_at_the_exchange(client, team, standin, monkeypatch):
    back = press(to_github(client))
    monkeypatch.setattr("apps.integrations.services.connecting.oauth_state.SALT", "another")
    assert client.get(back).status_code == 400
    monkeypatch.undo()
    back = press(to_github(client))
    monkeypatch.setattr("apps.integrations.services.connecting.oauth_state._verifier", lambda nonce: "w" * 43)
    assert "GitHub did not take the code" in client.get(back, follow=True).text


def test_a_wrong_secret_of_the_app(client, team, settings):
    settings.GITHUB_CLIENT_SECRET = "wrong"
    assert "correct GITHUB_CLIENT_ID" in connect(client).text


def test_the_app_is_not_configured(client, team, settings):
    settings.GITHUB_CLIENT_ID = ""
    page = client.post(HERE + "authorize/", follow=True)
    assert "not registered as an app at GitHub" in page.text
    assert "Connect with GitHub" not in page.text
    assert "Enter a personal access token" in page.text


@pytest.mark.parametrize("where", ["GITHUB_WEB_URL", "GITHUB_API_URL"])
def test_github_is_not_reached(client, team, settings, where):
    back = press(to_github(client))
    setattr(settings, where, "http://127.0.0.1:1")
    page = client.get(back, follow=True)
    assert "Nothing was changed. Try again in a few minutes." in page.text
    assert not IntegrationCredential.objects.exists()


def test_fewer_scopes_are_granted(client, team, standin):
    standin.behaviour.granted = "repo"
    page = connect(client)
    assert "GitHub did not grant read:org." in page.text
    page = client.get(HERE)
    assert "permissions missing" in page.text
    assert [row.granted for row in page.context["standings"]] == [True, False, True]
    assert "in repo" in page.text, "repo holds the permission for webhooks"


def test_what_user_says_of_the_scopes_counts_more_than_the_exchange(client, team, standin, monkeypatch):
    monkeypatch.setattr(type(standin), "scopes_of", lambda self, token: "read:org")
    connect(client)
    assert the_credential().scopes == ["read:org"]


def test_connecting_again_changes_the_row(client, team, standin):
    connect(client)
    before, old = the_credential(), decrypt(the_credential().access_token)
    tracked = TrackedRepositoryFactory(integration=GitHubIntegration.objects.get())
    page = connect(client)
    after = the_credential()
    assert (after.pk, decrypt(after.access_token) != old) == (before.pk, True)
    tracked.refresh_from_db()
    assert (tracked.integration.credential, tracked.is_active) == (after, True)
    assert "Connected again to acme" in page.text
    assert old in standin.behaviour.revoked, "the former token is withdrawn"
    assert audit()[-1] == ("admin@example.com", "reconnected")


def test_connecting_again_as_somebody_of_another_organisation(client, team, standin, world):
    connect(client)
    standin.behaviour.person = world.people.outsiders[0].login
    standin.behaviour.organizations = ()
    page = connect(client)
    assert page.redirect_chain[-1][0] == HERE + "organization/"
    assert "Before, this team was connected as amara-osei." in page.text
    assert "does not list acme among the organisations of moth-in-the-lamp" in page.text
    assert GitHubIntegration.objects.get().organization_slug == "acme", "kept until somebody chooses"


def test_a_renamed_organisation_keeps_its_id(client, team, world):
    connect(client)
    GitHubIntegration.objects.update(organization_slug="former-name")
    connect(client)
    integration = GitHubIntegration.objects.get()
    assert (integration.organization_slug, integration.organization_id) == (
        "acme",
        world.people.organization.id,
    )


def test_two_teams_have_a_connection_each(client, team):
    connect(client)
    other = MembershipFactory(team__slug="theirs", role="admin")
    theirs = Client()
    theirs.force_login(other.user)
    theirs.get(press(to_github(theirs, "/a/theirs/integrations/github/")))
    assert {c.team.slug for c in IntegrationCredential.objects.all()} == {"ours", "theirs"}
    assert theirs.get(HERE).status_code == 404

"""Connecting a team with a personal access token."""

import pytest

from apps.integrations.models import GitHubIntegration, IntegrationCredential
from apps.integrations.services.encryption import decrypt
from apps.integrations.tests.signing_in import HERE, connect
from apps.teams.factories import MembershipFactory
from ingest.models import AuditLine

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]

CLASSIC, FINE_GRAINED = "ghp_" + "c1A5" * 9, "github_pat_" + "f1N3" * 12


def enter(client, token):
    return client.post(HERE + "token/", {"token": token}, follow=True)


def test_the_form_says_what_the_token_needs(client, team, standin):
    page = client.get(HERE + "token/")
    assert "scopes=repo%2Cread%3Aorg%2Cadmin%3Arepo_hook" in page.text
    assert "Organization permissions: Members, read-only" in page.text
    assert 'autocomplete="off"' in page.text
    assert "no-store" in page.headers["Cache-Control"]


def test_a_classic_token(client, team, standin):
    page = enter(client, f"  {CLASSIC}\n")
    assert page.redirect_chain[-1][0] == HERE
    credential = IntegrationCredential.objects.get()
    assert decrypt(credential.access_token) == CLASSIC
    assert (credential.source, credential.scopes) == ("token", ["read:org", "repo"])
    assert GitHubIntegration.objects.get().organization_slug == "acme"
    assert "personal access token, stored encrypted" in page.text
    assert list(AuditLine.objects.values_list("action", flat=True)) == ["organization chosen", "connected"]


def test_a_fine_grained_token_is_tried_out(client, team, standin):
    page = enter(client, FINE_GRAINED)
    assert page.redirect_chain[-1][0] == HERE + "organization/", "GitHub lists no organisations for it"
    assert IntegrationCredential.objects.get().permissions == {"repo": True, "admin:repo_hook": True}
    client.post(HERE + "organization/", {"name": "acme"})
    client.post(HERE + "test/")
    page = client.get(HERE)
    assert [row.granted for row in page.context["standings"]] == [True, True, True]
    assert "GitHub does not tell what a fine-grained token may do" in page.text


@pytest.mark.parametrize(
    ("behaviour", "granted"),
    [
        ({"hooks_refused": 403}, [True, None, False]),
        ({"hooks_refused": 404}, [True, None, False]),
        ({"forbidden": True}, [False, None, False]),
        ({"hidden": True}, [None, None, None]),
    ],
)
def test_what_a_fine_grained_token_lacks(client, team, standin, behaviour, granted):
    for name, value in behaviour.items():
        setattr(standin.behaviour, name, value)
    page = enter(client, FINE_GRAINED)
    page = client.get(HERE)
    assert [row.granted for row in page.context["standings"]] == granted
    assert ("permissions missing" in page.text) == (False in granted)


def test_a_fine_grained_token_of_no_member(client, team, standin, world):
    standin.behaviour.person = world.people.outsiders[0].login
    enter(client, FINE_GRAINED)
    client.post(HERE + "organization/", {"name": "acme"})
    client.post(HERE + "test/")
    assert [row.granted for row in client.get(HERE).context["standings"]] == [True, False, True]


def test_a_classic_token_without_scopes(client, team, standin):
    standin.behaviour.scopes = ""
    enter(client, CLASSIC)
    page = client.get(HERE)
    assert [row.granted for row in page.context["standings"]] == [False, False, False]
    assert "GitHub does not tell" not in page.text


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "Paste the token here."),
        ("gh p_x", "No token holds spaces"),
        ("ghp_ä", "No token holds spaces"),
        (CLASSIC, "GitHub does not take this token: it is mistyped, expired or deleted."),
    ],
)
def test_a_wrong_one_is_not_stored_and_not_shown(client, team, standin, token, says):
    standin.behaviour.tokens = set()
    page = client.post(HERE + "token/", {"token": token})
    assert says in page.text
    assert not token or token not in page.text
    assert not IntegrationCredential.objects.exists()


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        ({"error_every": 1, "errors": (502,)}, "Try again in a few minutes."),
        ({"rate_limit": 0}, "limit for this token is used up"),
    ],
)
def test_where_github_cannot_be_asked_it_is_not_stored(client, team, standin, behaviour, says):
    for name, value in behaviour.items():
        setattr(standin.behaviour, name, value)
    assert says in enter(client, CLASSIC).text
    assert not IntegrationCredential.objects.exists()


def test_it_takes_the_place_of_a_sign_in(client, team, standin):
    connect(client)
    before, integration = IntegrationCredential.objects.get(), GitHubIntegration.objects.get()
    old = decrypt(before.access_token)
    page = enter(client, CLASSIC)
    after = IntegrationCredential.objects.get()
    assert (after.pk, after.source, decrypt(after.access_token)) == (before.pk, "token", CLASSIC)
    assert GitHubIntegration.objects.get() == integration
    assert old in standin.behaviour.revoked
    assert "Connected again to acme" in page.text


def test_disconnecting_says_that_the_token_lives(client, team, standin):
    enter(client, CLASSIC)
    page = client.post(HERE + "disconnect/", follow=True)
    assert f"Delete it at {standin.url}/settings/tokens" in page.text
    assert standin.requests.count("application_token") == 0


def test_only_an_admin_may(client, team):
    client.force_login(MembershipFactory(team=team).user)
    assert client.post(HERE + "token/", {"token": CLASSIC}).status_code == 403

"""An invitation, opened by who then signs in with GitHub."""

import pytest
from django.utils import timezone

from apps.integrations.sign_in.tests.conftest import ALICE, sign_in
from apps.teams.factories import MembershipFactory
from apps.teams.invitations import invite, revoke
from apps.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return MembershipFactory(team__slug="ours", role="admin").team


def opened(client, team, email=ALICE):
    invitation, token = invite(team, email, "member", "invite", timezone.now())
    client.get(f"/join/{token}/")
    return invitation


def test_whoever_is_invited_signs_up_and_joins(client, team):
    opened(client, team)
    assert "Sign up with GitHub" in client.get("/sign-up/?next=/join/").text
    assert sign_in(client, next="/join/").url == "/join/"
    assert client.post("/join/").url == "/a/ours/"
    assert team.memberships.filter(user__email=ALICE).exists()


def test_the_invited_address_is_taken_among_several(client, team, standin):
    standin.behaviour.emails = (("main@example.com", True), ("work@example.com", True))
    opened(client, team, "work@example.com")
    sign_in(client)
    assert User.objects.filter(email="work@example.com").exists()
    assert client.post("/join/").url == "/a/ours/"


@pytest.mark.parametrize("emails", [None, (("work@example.com", False), (ALICE, True))])
def test_an_invitation_of_another_address(client, team, standin, emails):
    standin.behaviour.emails = emails
    opened(client, team, "work@example.com")
    answer = sign_in(client)
    assert answer.status_code == 403
    assert "invited as work@example.com, which is no verified address of amara-osei" in answer.text
    assert 'href="/sign-up/?next=/join/"' in answer.text
    assert User.objects.count() == 1


def test_where_everybody_may_another_address_is_no_hindrance(client, team, settings):
    settings.SIGN_UP = "open"
    opened(client, team, "work@example.com")
    assert sign_in(client, next="/join/").url == "/join/"
    assert "the invitation is for work@example.com" in client.get("/join/").text


def test_a_revoked_invitation_lets_nobody_in(client, team):
    invitation = opened(client, team)
    revoke(invitation, User.objects.get())
    assert "only who was invited" in sign_in(client).text
    assert User.objects.count() == 1


def test_whoever_has_an_account_joins_with_it(client, team):
    opened(client, team)
    sign_in(client)
    client.post("/sign-out/")
    second = MembershipFactory(team__slug="theirs", role="admin").team
    opened(client, second)
    assert sign_in(client, next="/join/").url == "/join/"
    assert client.post("/join/").url == "/a/theirs/"

import pytest
from django.db import IntegrityError

from apps.teams.factories import MembershipFactory, TeamFactory
from apps.teams.models import Membership

pytestmark = pytest.mark.django_db


def test_a_user_is_in_a_team_once():
    membership = MembershipFactory()
    with pytest.raises(IntegrityError):
        MembershipFactory(team=membership.team, user=membership.user)


def test_a_new_member_is_no_admin_and_reads_no_payloads():
    membership = MembershipFactory()
    assert membership.role == Membership.Role.MEMBER
    assert not membership.can_read_payloads


def test_two_teams_cannot_share_a_slug():
    TeamFactory(slug="acme")
    with pytest.raises(IntegrityError):
        TeamFactory(slug="acme")

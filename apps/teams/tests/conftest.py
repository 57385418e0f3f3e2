import pytest
from django.test import Client

from apps.teams.factories import MembershipFactory


@pytest.fixture
def admin():
    return MembershipFactory(
        team__slug="ours", team__name="Ours", user__email="admin@example.com", role="admin"
    )


@pytest.fixture
def member(admin):
    return MembershipFactory(team=admin.team, user__email="member@example.com")


@pytest.fixture
def team(admin):
    return admin.team


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_admin(admin):
    return signed_in(admin.user)


@pytest.fixture
def as_member(member):
    return signed_in(member.user)

import pytest

from apps.teams.factories import MembershipFactory


@pytest.fixture
def team(client):
    """The only team of whom `client` is signed in as."""
    membership = MembershipFactory(team__slug="ours", team__name="Our team")
    client.force_login(membership.user)
    return membership.team

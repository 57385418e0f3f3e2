"""A team with people of each kind, and its events."""

import pytest
from django.test import Client

from apps.teams.factories import MembershipFactory
from ingest.models import RawGitHubEvent
from tests.payloads import delivered, moment
from tests.processed import store


@pytest.fixture
def admin(db):
    return MembershipFactory(team__slug="ours", team__name="Our team", role="admin")


@pytest.fixture
def team(admin):
    return admin.team


@pytest.fixture
def client(admin):
    return signed_in(admin)


@pytest.fixture
def member(team):
    """Who may not read payloads."""
    return signed_in(MembershipFactory(team=team))


@pytest.fixture
def reader(team):
    return signed_in(MembershipFactory(team=team, can_read_payloads=True))


def signed_in(membership):
    client = Client()
    client.force_login(membership.user)
    return client


@pytest.fixture
def stored(team):
    """Stores a delivery with this body, and gives back the event."""

    def store_one(payload, event_type="push", at=None, **facts):
        store(team, delivered(payload, at or moment(hours=1), event_type, **facts))
        return RawGitHubEvent.objects.latest("pk")

    return store_one

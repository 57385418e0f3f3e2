from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from apps.teams.factories import MembershipFactory
from ingest.backfill.choosing import given
from ingest.standin import Standin, World, running

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World.generate(pulls=12, now=NOW)


@pytest.fixture
def standin(world: World, settings) -> Iterator[Standin]:
    """GitHub for the settings: its clock stands still an hour after the newest thing of its world."""
    with running(world, clock=lambda: NOW + timedelta(hours=1)) as standin:
        settings.GITHUB_API_URL = standin.url
        settings.GITHUB_TOKEN = "ghp_of_the_server"
        yield standin


@pytest.fixture
def app(settings, standin: Standin) -> None:
    """Teams sign in at the stand-in; the server has no token of its own."""
    settings.GITHUB_WEB_URL = standin.url
    settings.GITHUB_CLIENT_ID, settings.GITHUB_CLIENT_SECRET = "standin", "standin-secret"
    settings.GITHUB_TOKEN = ""


@pytest.fixture
def team(client):
    """The only team of whom `client` is signed in as an admin."""
    admin = MembershipFactory(team__slug="ours", role="admin", user__email="admin@example.com")
    client.force_login(admin.user)
    return admin.team


@pytest.fixture
def by_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that may choose take REST: many requests, so that something can happen between two of them."""
    monkeypatch.setattr("ingest.backfill.engine.choose_for", lambda *asked: given("rest"))

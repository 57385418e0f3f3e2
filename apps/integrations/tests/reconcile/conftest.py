"""A repository that a team follows, whose hook at GitHub loses deliveries; the clock stands still."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.models import Reconciliation, TrackedRepository
from apps.integrations.services.github_client import client_for
from apps.integrations.services.github_webhooks import endpoint_of
from apps.integrations.services.webhooks.reconcile import Found, reconcile
from apps.integrations.tests.conftest import NOW
from ingest.live import hints
from ingest.models import RawGitHubEvent
from ingest.standin import Standin, World, hooks, running
from ingest.standin.deliveries import Delivery
from ingest.standin.hooks import Hook
from ingest.standin.sending import Outcome
from tests.clock import Clock

SITE = "http://127.0.0.1:1"
# 400 make 2,320 deliveries.
PULLS = int(os.environ.get("RECONCILE_PULLS", "12"))
Look = Callable[..., Found]


@pytest.fixture
def clock() -> Clock:
    """An hour after the newest thing of the world."""
    return Clock(NOW + timedelta(hours=1))


@pytest.fixture
def world() -> World:
    return World.generate(pulls=PULLS, now=NOW)


@pytest.fixture
def standin(world: World, clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    """Its deliveries reach our own view without a socket: SQLite has one connection in a test."""

    def post(url: str, headers: dict[str, str], body: bytes) -> Outcome:
        answer = Client().post(
            url.removeprefix(SITE), body, content_type=headers["Content-Type"], headers=headers
        )
        return Outcome("OK" if answer.status_code < 300 else "failed", answer.status_code)

    monkeypatch.setattr(hooks, "post", post)
    monkeypatch.setattr(hints, "look", lambda: None)
    with running(world, clock=clock) as standin:
        settings.GITHUB_API_URL, settings.SITE_URL = standin.url, SITE
        yield standin


def followed(standin: Standin, **hook: Any) -> tuple[TrackedRepository, Hook]:
    """A repository that a team follows, with its hook at GitHub."""
    integration = GitHubIntegrationFactory.create()
    place = standin.world.repository
    tracked: TrackedRepository = TrackedRepositoryFactory.create(
        integration=integration, github_repo_id=place.id, full_name=place.full_name
    )
    url = f"{SITE}/webhooks/github/{endpoint_of(tracked.team).key}/"
    made = standin.hooks.add(standin.world, url, integration.webhook_secret, **hook)
    tracked.webhook_id = made.id
    tracked.save()
    return tracked, made


@pytest.fixture
def tracked(standin: Standin) -> TrackedRepository:
    return followed(standin)[0]


@pytest.fixture
def hook(standin: Standin, tracked: TrackedRepository) -> Hook:
    return standin.hooks.all[tracked.webhook_id or 0]


@pytest.fixture
def look(tracked: TrackedRepository) -> Look:
    def look(**options: Any) -> Found:
        with client_for(tracked.integration.credential, sleep=lambda seconds: None) as client:
            return reconcile(tracked, client, **options)

    return look


def covered(tracked: TrackedRepository, at: datetime = NOW) -> Reconciliation:
    """A look that was complete at this time."""
    row: Reconciliation = Reconciliation.objects.update_or_create(
        tracked=tracked,
        defaults={"team": tracked.team, "hook_id": tracked.webhook_id or 0, "seen_until": at},
    )[0]
    return row


def ids(tracked: TrackedRepository, **of: Any) -> set[str | None]:
    return set(RawGitHubEvent.for_team(tracked.team).filter(**of).values_list("delivery_id", flat=True))


def sent(world: World, *numbers: int) -> list[Delivery]:
    return [delivery for number in numbers for delivery in world.deliveries(number)]

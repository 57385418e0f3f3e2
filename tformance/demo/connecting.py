"""The demo's team is connected and its repository followed by pressing buttons, as a person does it."""

from __future__ import annotations

import time
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from apps.integrations.cli.backfill_progress import Screen
from apps.integrations.models import AvailableRepository, GitHubIntegration, TrackedRepository
from apps.integrations.services.connecting.connections import own_integration
from apps.teams.models import Team
from ingest.backfill.counters import Counters
from ingest.models import Run

from .browser import Browser, Stuck

AUTHORIZE = "/login/oauth/authorize"
# A worker on this machine needs a second; nobody should look at a still terminal for longer.
SECONDS = 60


def connect(browser: Browser, team: Team) -> GitHubIntegration:
    """Through GitHub's "Authorize" page; then a worker lists repositories and imports members."""
    begun = timezone.now()
    browser.open(reverse("integrations:connect", args=[team.slug]))
    browser.press(reverse("integrations:authorize", args=[team.slug]))
    browser.press(AUTHORIZE, decision="authorize")
    end = time.monotonic() + SECONDS
    while not ((integration := own_integration(team)) and _listed_since(integration, begun)):
        if time.monotonic() > end:
            raise Stuck(f"its repositories and members were not listed within {SECONDS} seconds")
        time.sleep(0.1)
    return integration


def follow(browser: Browser, team: Team, repository: str) -> Run:
    """Follow a repository, or sync it where it is followed; all of its history. The run, not over yet."""
    listed = AvailableRepository.for_team(team).get(full_name=repository)
    one = [team.slug, listed.github_repo_id]
    browser.open(reverse("integrations:repository", args=one))
    followed = TrackedRepository.for_team(team).filter(full_name=repository, is_active=True).exists()
    go = reverse(f"integrations:github_repo_{'sync' if followed else 'toggle'}", args=one)
    # A run of the demo before, which was stopped in the middle, has no such button: it goes on.
    if browser.can_press(go):
        browser.press(go, follow="1", window="all")
    return Run.for_team(team).filter(github_repo_id=listed.github_repo_id).latest("pk")


def check_webhooks(browser: Browser, team: Team) -> None:
    """The stand-in forgets its webhooks when it ends: each that was there is made again."""
    followed = TrackedRepository.for_team(team).filter(is_active=True, webhook_id__isnull=False)
    for tracked in followed:
        one = [team.slug, tracked.github_repo_id]
        browser.open(reverse("integrations:repository", args=one))
        browser.press(reverse("integrations:retry_webhook", args=one))


def watch(run: Run, screen: Screen) -> Run:
    """Show how far it is until it is over."""
    while run.state in (Run.State.QUEUED, Run.State.RUNNING, Run.State.WAITING):
        time.sleep(0.2)
        run.refresh_from_db()
        screen.progress(run, Counters.from_json(run.counters))
    return run


def _listed_since(integration: GitHubIntegration, begun: datetime) -> bool:
    done = integration.repositories_listed_at, integration.members_imported_at
    return all(at is not None and at >= begun for at in done)

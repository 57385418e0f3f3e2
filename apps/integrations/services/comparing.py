"""Comparing with the API what deliveries can't tell: a backfill of what changed since."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from apps.integrations.models import TrackedRepository
from apps.integrations.services.github_sync import begin
from ingest.backfill.window import DAYS, Window
from ingest.models import Run


def window_since(since: datetime | None, now: datetime) -> Window:
    """Whole days, and one more: the run begins later than `now`."""
    if since is None:
        return Window(DAYS)
    return Window((now - since) // timedelta(days=1) + 1)


def compare(tracked: TrackedRepository, since: datetime | None) -> Run:
    """The run that fetches what changed since then, or the one that the repository has already.

    What it knows is not fetched again: an unchanged pull request costs no request.
    """
    window = window_since(since, timezone.now())
    run, _ = begin(tracked, window)
    return run

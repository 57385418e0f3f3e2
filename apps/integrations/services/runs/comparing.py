"""Comparing with the API what deliveries can't tell: a backfill of what changed since."""

from __future__ import annotations

from datetime import datetime

from apps.integrations.models import TrackedRepository
from apps.integrations.services.github_sync import begin
from apps.integrations.services.runs.syncing import overlap, since_watermark
from ingest.backfill.window import DAYS, Window
from ingest.models import Run


def compare(tracked: TrackedRepository, since: datetime | None) -> Run:
    """The run that fetches what changed since then, or the one that the repository has already.

    What it knows is not fetched again: an unchanged pull request costs no request. It reaches back to the
    watermark, which it could not move otherwise, and the same comparison would be made again and again.
    Raises NotBegun.
    """
    run, _ = begin(tracked, window_since(tracked, since))
    return run


def window_since(tracked: TrackedRepository, since: datetime | None) -> Window:
    if since is None:
        return Window(DAYS)
    known = since_watermark(tracked)
    begun = [since - overlap()]
    if known is not None and known.since is not None:
        begun.append(known.since)
    return Window(since=min(begun))

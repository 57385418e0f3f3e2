"""Incremental syncs: what beat begins by itself, so that a repository stays current without webhooks too.

docs/backfill.md says which repositories are synced when.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.db.models import F, Q, QuerySet

from apps.integrations.models import IntegrationCredential, Reconciliation, TrackedRepository
from apps.integrations.services.credentials import has_token, usable
from apps.integrations.services.github_sync import begin
from apps.integrations.services.purges import NotBegun, living
from apps.integrations.services.runs.schedule import SWEEP, interval
from apps.integrations.services.webhooks.silence import silences
from ingest.backfill.coverage import coverage
from ingest.backfill.window import Window
from ingest.models import Run

# Beat looks so often; in each look it begins its share, so that all are not asked for at once.
LOOK_SECONDS = 60.0
# How old the last look at a hook's deliveries may be: beat makes one every 15 minutes.
LOOKED = timedelta(hours=1)
# GitHub's final word on a repository: it begins again when somebody syncs it.
GONE = ("NotFoundOrNoPermission", "Disabled", "Blocked")

logger = logging.getLogger(__name__)


def due(now: datetime) -> list[TrackedRepository]:
    """Those to look at now, the longest due first; as many as make every one come round in an interval."""
    if not settings.SYNC_MINUTES:
        return []
    followed = _followed()
    looks = settings.SYNC_MINUTES * 60.0 / LOOK_SECONDS
    share = ceil(followed.count() / looks)
    waiting = followed.filter(Q(sync_due_at=None) | Q(sync_due_at__lte=now))
    return list(waiting.order_by(F("sync_due_at").asc(nulls_first=True), "pk")[:share])


def sync(tracked: TrackedRepository, now: datetime) -> Run | None:
    """Begin what is to begin by itself. None: nothing, and `sync_due_at` says when it is looked at again.

    `tracked`: as `due` found it. Where a run of it ended since then, nothing begins.
    """
    window = window_of(tracked)
    if window is None or living(tracked.team, tracked.github_repo_id) is not None:
        _put_off(tracked, now + interval())
        return None
    if window.since is not None and tracked.last_sync_at is not None and is_healthy(tracked, now):
        swept_until = tracked.last_sync_at + SWEEP
        if swept_until > now:
            _put_off(tracked, min(now + interval(), swept_until))
            return None
    # Its end says when the next one is due; until then this keeps it out of the way.
    if not _put_off(tracked, now + interval()):
        return None
    try:
        run, new = begin(tracked, window)
    except NotBegun as error:
        # A purge was asked for, or the repository unfollowed, since it was looked for.
        logger.info("%s", error)
        return None
    return run if new else None


def window_of(tracked: TrackedRepository) -> Window | None:
    """What a sync that begins now would fetch; None where none may begin by itself.

    What somebody asked for last and what failed is asked for again; else what changed since the watermark.
    """
    runs = Run.objects.filter(
        team=tracked.team_id, kind=Run.Kind.BACKFILL, github_repo_id=tracked.github_repo_id
    ).order_by("-pk")
    last = runs.first()
    if last is None or last.state in Run.ACTIVE:
        return None
    if last.state == Run.State.FAILED and last.error in GONE:
        return None
    asked = runs.exclude(scope__window__has_key="since").first()
    if asked is not None and asked.state == Run.State.FAILED:
        return Window.from_json(asked.scope["window"])
    return since_watermark(tracked)


def since_watermark(tracked: TrackedRepository) -> Window | None:
    """None where nothing was ever complete."""
    known = coverage(tracked.team_id, tracked.github_repo_id)
    return Window(since=known.until - overlap()) if known else None


def overlap() -> timedelta:
    return timedelta(minutes=settings.SYNC_OVERLAP_MINUTES)


def is_healthy(tracked: TrackedRepository, now: datetime) -> bool:
    """Whether all that GitHub sends arrives: its list of deliveries was compared with the log a while ago
    without a problem, and the hook is not silent for longer than usual."""
    if tracked.webhook_id is None or tracked.webhook_problem:
        return False
    looked = Reconciliation.objects.filter(
        tracked=tracked, hook_id=tracked.webhook_id, problem="", tried_at__gt=now - LOOKED
    )
    if not looked.exists():
        return False
    found = silences(TrackedRepository.objects.filter(pk=tracked.pk), now)
    return bool(found) and not found[0].late


@dataclass(frozen=True)
class Next:
    """When the next sync by itself is due (None: not by itself), and why then."""

    at: datetime | None
    why: str = ""


def next_sync(tracked: TrackedRepository, now: datetime) -> Next:
    """As a page says it."""
    if not settings.SYNC_MINUTES:
        return Next(None, "Syncs by themselves are switched off (SYNC_MINUTES).")
    if tracked.integration.credential.status != IntegrationCredential.Status.ACTIVE:
        return Next(None, "Nothing is synced until the team is connected to GitHub again.")
    if not has_token(tracked.integration.credential):
        return Next(
            None,
            "It was followed by a command with GITHUB_TOKEN, which this site does not have: run the command"
            " again, or set GITHUB_TOKEN for the site.",
        )
    window = window_of(tracked)
    if window is None:
        return Next(None, "Nothing is synced by itself: sync it, and it goes on from there.")
    at = max(tracked.sync_due_at or now, now)
    if window.since is None:
        return Next(at, "The last sync failed and is tried again then.")
    if tracked.last_sync_at is not None and is_healthy(tracked, now):
        return Next(max(at, tracked.last_sync_at + SWEEP), "The webhook is healthy, so once a day is enough.")
    return Next(at)


def _followed() -> QuerySet[TrackedRepository]:
    found = TrackedRepository.objects.filter(usable("integration__credential"), is_active=True)
    return found.select_related("team")


def _put_off(tracked: TrackedRepository, until: datetime) -> bool:
    """False, with nothing changed, where the end of a run has said since when it is due."""
    unchanged = TrackedRepository.objects.filter(pk=tracked.pk, sync_due_at=tracked.sync_due_at)
    tracked.sync_due_at = until
    return bool(unchanged.update(sync_due_at=until))

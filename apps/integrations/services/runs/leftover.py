"""Runs that are not over of repositories that are not followed any more: no worker goes on with them.

Whoever stops to follow a repository cancels its run. What is left all the same, by a kill in between say,
beat finds; else it would stay queued for ever, and somebody who follows the repository again would get it
with its old window.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from apps.integrations.models import TrackedRepository
from apps.integrations.services.github_sync import locked
from ingest.models import Run
from ingest.runs.changes import cancel

# In one look; the next one takes more.
AT_ONCE = 500

logger = logging.getLogger(__name__)


def cancel_leftover(**of: Any) -> None:
    """Cancel those that have these facts (a filter of runs); without any, all."""
    for run in _leftover().filter(**of).order_by("pk")[:AT_ONCE]:
        with transaction.atomic():
            # Locked, so that it is not cancelled of somebody who follows the repository at this moment.
            Run.objects.select_for_update(no_key=True).filter(pk=run.pk).first()
            tracked = locked(run.team_id, run.github_repo_id or 0)
            if (tracked is None or not tracked.is_active) and cancel(run):
                logger.info("run %d is cancelled: its repository is not followed any more", run.pk)


def _leftover() -> QuerySet[Run]:
    followed = TrackedRepository.objects.filter(
        team=OuterRef("team"), github_repo_id=OuterRef("github_repo_id"), is_active=True
    )
    return Run.objects.filter(~Exists(followed), kind=Run.Kind.BACKFILL, state__in=Run.ACTIVE)

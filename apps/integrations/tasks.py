"""Backfills, and looks for lost deliveries, on Celery workers.

A task works for a bounded time and never sleeps for a limit: the run's row says when to go on, and beat looks
there.
"""

import logging
import time

from celery import shared_task
from django.utils import timezone

from apps.integrations.models import IntegrationCredential, TrackedRepository
from apps.integrations.services.comparing import compare
from apps.integrations.services.credentials import mark_revoked
from apps.integrations.services.github_client import client_for
from apps.integrations.services.github_sync import go_on
from apps.integrations.services.reconcile import reconcile
from ingest.backfill.starting import start
from ingest.backfill.window import DAYS, Window
from ingest.github.errors import CredentialRevoked, GitHubError
from ingest.live import hints
from ingest.models import Run
from ingest.runs.changes import due
from ingest.runs.lease import LeaseLost, NotFree

# Then the task ends and sends itself again, so that other work and a worker's shutdown get their turn.
TASK_SECONDS = 60.0
# How often beat asks; a message that nobody took meanwhile is worth nothing beside the next one.
RECONCILE_SECONDS = 15 * 60.0

logger = logging.getLogger(__name__)


@shared_task
def sync_repository_history_task(tracked_repo_id: int, days_back: int = DAYS) -> None:
    """Start a backfill of a followed repository, or go on with the one that it has."""
    tracked = (
        TrackedRepository.objects.select_related("team").filter(pk=tracked_repo_id, is_active=True).first()
    )
    if tracked is None:
        logger.warning("repository %d is not followed any more, nothing was fetched", tracked_repo_id)
        return
    run, _ = start(tracked.team, tracked.github_repo_id, tracked.full_name, Window(days_back))
    continue_backfill(run.pk)


@shared_task
def continue_backfill(run_id: int) -> None:
    """Work on a run for a while. Does nothing where somebody else does, or where it is over."""
    run = Run.objects.select_related("team").filter(pk=run_id).first()
    if run is None:
        return
    end = time.monotonic() + TASK_SECONDS
    try:
        run = go_on(run, enough=lambda: time.monotonic() >= end)
    except (NotFree, LeaseLost) as error:
        logger.info("%s", error)
    except GitHubError as error:
        # The run's row has it, where people look.
        logger.warning("run %d failed: %s", run_id, error)
    else:
        if run.state == Run.State.QUEUED:
            continue_backfill.delay(run.pk)


@shared_task
def resume_waiting_runs() -> None:
    """Go on with runs whose limit has passed, whose worker died, or whose message was lost."""
    for run in due(timezone.now()):
        continue_backfill.delay(run.pk)


@shared_task
def reconcile_repositories() -> None:
    """Look for lost deliveries of every repository with a hook, each in a task of its own."""
    found = (
        TrackedRepository.objects.filter(
            is_active=True,
            webhook_id__isnull=False,
            integration__credential__status=IntegrationCredential.Status.ACTIVE,
        )
        .exclude(reconciliation__not_before__gt=timezone.now())
        .order_by("pk")
    )
    for pk in found.values_list("pk", flat=True):
        reconcile_repository.apply_async((pk,), expires=RECONCILE_SECONDS)


@shared_task
def reconcile_repository(tracked_repo_id: int) -> None:
    """Fetch what the log lacks of one repository's deliveries; what they can't tell becomes a backfill."""
    tracked = (
        TrackedRepository.objects.select_related("team", "integration__credential")
        .filter(pk=tracked_repo_id, is_active=True, webhook_id__isnull=False)
        .first()
    )
    if tracked is None:
        return
    credential = tracked.integration.credential
    end = time.monotonic() + TASK_SECONDS
    try:
        with client_for(credential) as client:
            found = reconcile(tracked, client, enough=lambda: time.monotonic() >= end)
    except GitHubError as error:
        if isinstance(error, CredentialRevoked):
            mark_revoked(credential, str(error))
        # What was restored before is in the log, and the repository's row has the problem.
        logger.warning("the deliveries of %s were not all looked at: %s", tracked, error)
        hints.look()
        return
    if found.restored:
        hints.look()
    if found.compare_reason:
        run = compare(tracked, found.compare_since)
        if run.state == Run.State.QUEUED:
            continue_backfill.delay(run.pk)
    if not found.complete and not found.unreadable:
        reconcile_repository.delay(tracked.pk)

"""Backfills, webhooks, lists of repositories, purges, and looks for lost deliveries, on Celery workers.

A task works for a bounded time and never sleeps for a limit: the run's row says when to go on, and beat looks
there.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.integrations.models import GitHubIntegration, TrackedRepository
from apps.integrations.services import purges
from apps.integrations.services.connecting.members import due as members_due
from apps.integrations.services.connecting.members import import_members_of
from apps.integrations.services.credentials import mark_revoked, usable
from apps.integrations.services.encryption import Undecryptable
from apps.integrations.services.github_client import client_for
from apps.integrations.services.github_sync import begin, go_on
from apps.integrations.services.purges import NotBegun
from apps.integrations.services.repositories.listing import refresh_available
from apps.integrations.services.runs import syncing, tidying
from apps.integrations.services.runs.comparing import compare
from apps.integrations.services.runs.lanes import lane_of_run, lanes, take_turn
from apps.integrations.services.runs.leftover import cancel_leftover
from apps.integrations.services.runs.turns import Turn
from apps.integrations.services.webhooks.reconcile import covered_until, reconcile
from apps.integrations.services.webhooks.registration import settle, unsettled
from ingest.backfill.window import DAYS, Window
from ingest.github.errors import CredentialRevoked, GitHubError
from ingest.live import hints
from ingest.models import Run
from ingest.runs.lease import LeaseLost

# How long one turn is at most: then other repositories, other work and a worker's shutdown get theirs.
TASK_SECONDS = 60.0
FIRST_SECONDS = 5.0
# So many webhooks a minute: GitHub allows 80 changes a minute and 500 an hour, and some are made by hand.
SETTLED_AT_ONCE = 20
# How often beat asks; a message that nobody took meanwhile is worth nothing beside the next one.
RECONCILE_SECONDS = 15 * 60.0
# How old a list of repositories may be before it is asked for again.
LISTED_FOR = timedelta(days=1)

logger = logging.getLogger(__name__)


@shared_task
def sync_repository_history_task(tracked_repo_id: int, days_back: int | None = DAYS) -> None:
    """Start a backfill of a followed repository, or go on with the one that it has. `days_back` None: all."""
    tracked = (
        TrackedRepository.objects.select_related("team").filter(pk=tracked_repo_id, is_active=True).first()
    )
    if tracked is None:
        logger.warning("repository %d is not followed any more, nothing was fetched", tracked_repo_id)
        return
    try:
        run, _ = begin(tracked, Window(days_back))
    except NotBegun as error:
        logger.info("%s", error)
        return
    continue_backfill(run.pk)


@shared_task(bind=True)
def continue_backfill(task: Any, run_id: int) -> None:
    """Give the next run of this one's lane its turn, and tell whose turn comes then.

    Does nothing where the lane has no free place: then whoever has it tells of the next one.
    """
    next_id: int | None = run_id
    while next_id is not None:
        next_id = _turn(next_id)
        # Without a broker each turn would be a call inside the last one's.
        if next_id is not None and not task.request.is_eager:
            tell_of(next_id)
            return


def _turn(run_id: int) -> int | None:
    """Returns the run to go on with."""
    run = Run.objects.select_related("team").filter(pk=run_id, kind=Run.Kind.BACKFILL).first()
    lease = take_turn(run) if run is not None else None
    if lease is None:
        return None
    run = lease.run
    lane = lane_of_run(run)
    # So that each repository shows something early, the first turn is short.
    seconds = TASK_SECONDS if run.counters else min(FIRST_SECONDS, TASK_SECONDS)
    try:
        go_on(run, lease=lease, enough=Turn(seconds).is_over)
    except LeaseLost as error:
        logger.info("%s", error)
    except GitHubError as error:
        # The run's row has it, where people look.
        logger.warning("run %d failed: %s", run.pk, error)
    calls = lane.calls(timezone.now()) if lane else []
    return calls[0] if calls else None


def tell_of(run_id: int) -> None:
    """Have a lane worked on. Never raises: what is lost, beat sends again."""
    try:
        continue_backfill.delay(run_id)
    except (OperationalError, OSError, ValueError) as error:
        # As in `hints.look`.
        logger.warning("no worker could be told of run %d, beat will: %s", run_id, error)


@shared_task
def resume_waiting_runs() -> None:
    """Tell of runs where a lane has a free place: a limit has passed, a worker died, a message was lost.

    Those that nobody can go on with are cancelled.
    """
    cancel_leftover()
    now = timezone.now()
    for lane in lanes():
        for run_id in lane.calls(now):
            tell_of(run_id)


@shared_task
def sync_repositories() -> None:
    """Begin the syncs that are due by themselves, a share of them."""
    now = timezone.now()
    for tracked in syncing.due(now):
        run = syncing.sync(tracked, now)
        if run is not None:
            tell_of(run.pk)


@shared_task
def forget_quiet_runs() -> None:
    """Delete old incremental runs that found nothing."""
    tidying.forget_quiet_runs(timezone.now())


@shared_task
def reconcile_repositories() -> None:
    """Look for lost deliveries of every repository with a hook, each in a task of its own."""
    found = (
        TrackedRepository.objects.filter(
            usable("integration__credential"), is_active=True, webhook_id__isnull=False
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
        _compare(tracked, found.compare_since)
    if not found.complete and not found.unreadable:
        reconcile_repository.delay(tracked.pk)


@shared_task
def settle_webhook(tracked_repo_id: int) -> None:
    """Make or remove the webhook of a repository, as its row says it should be.

    What changed while there was none is in no list of deliveries: where it was lost it is fetched.
    """
    if settle(tracked_repo_id):
        tracked = TrackedRepository.objects.select_related("team").get(pk=tracked_repo_id)
        _compare(tracked, covered_until(tracked))


def _compare(tracked: TrackedRepository, since: datetime | None) -> None:
    try:
        run = compare(tracked, since)
    except NotBegun as error:
        # A purge was asked for, or the repository unfollowed, while GitHub was asked.
        logger.info("%s", error)
        return
    if run.state == Run.State.QUEUED:
        continue_backfill.delay(run.pk)


@shared_task
def settle_webhooks() -> None:
    """See to webhooks whose message was lost, or whose problem may have passed."""
    for pk in (
        unsettled(timezone.now()).order_by("updated_at", "pk").values_list("pk", flat=True)[:SETTLED_AT_ONCE]
    ):
        settle_webhook.delay(pk)


@shared_task
def list_repositories(integration_id: int) -> None:
    """Ask GitHub for the repositories that a connection can see; what went wrong stands in its row."""
    integration = (
        GitHubIntegration.objects.select_related("credential__team").filter(pk=integration_id).first()
    )
    if integration is None:
        return
    try:
        with client_for(integration.credential) as client:
            refresh_available(integration, client)
    except GitHubError as error:
        if isinstance(error, CredentialRevoked):
            mark_revoked(integration.credential, str(error))
        logger.warning("the repositories of %s were not listed: %s", integration, error)


@shared_task
def list_old_repositories() -> None:
    """List again what was listed long ago, or never."""
    old = Q(repositories_listed_at=None) | Q(repositories_listed_at__lt=timezone.now() - LISTED_FOR)
    found = GitHubIntegration.objects.filter(old, usable("credential")).order_by("pk")
    for pk in found.values_list("pk", flat=True):
        list_repositories.delay(pk)


@shared_task
def import_members(integration_id: int) -> None:
    """Ask GitHub who is in a team's organisation; what went wrong stands in the connection's row."""
    integration = (
        GitHubIntegration.objects.select_related("team", "credential__team")
        .filter(pk=integration_id, organization_id__isnull=False)
        .first()
    )
    if integration is None:
        return
    try:
        with client_for(integration.credential) as client:
            import_members_of(integration, client)
    except (GitHubError, Undecryptable) as error:
        if isinstance(error, CredentialRevoked):
            mark_revoked(integration.credential, str(error))
        logger.warning("the members of %s were not imported: %s", integration, error)


@shared_task
def import_old_members() -> None:
    """Import again where that was long ago, never, or failed."""
    for pk in members_due(timezone.now()):
        import_members.delay(pk)


@shared_task
def work_on_purge(purge_id: int) -> None:
    """Delete what a purge is about, or the rest of it."""
    purges.work_on(purge_id)


@shared_task
def work_on_purges() -> None:
    """Take up purges whose message was lost, or whose worker was killed."""
    for asked in purges.due(timezone.now()):
        work_on_purge.delay(asked.pk)

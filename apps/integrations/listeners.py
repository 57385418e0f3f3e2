"""What follows here from what happens in `ingest`. Both are idempotent: they make rows what the facts say."""

import logging

from django.db import DatabaseError, transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery

from apps.integrations.models import GitHubIntegration, TrackedRepository
from apps.integrations.services.github_sync import locked
from apps.integrations.services.runs.leftover import cancel_leftover
from apps.integrations.services.runs.schedule import due_after
from apps.metrics.models import Repository
from ingest.models import Run
from ingest.replay.deletions import deleted_after

logger = logging.getLogger(__name__)

Status = GitHubIntegration.SyncStatus
LIVING = (Run.State.QUEUED, Run.State.RUNNING, Run.State.WAITING)
ENDED = (Run.State.COMPLETE, Run.State.FAILED)


def follow_repository(team_id: int, github_repo_id: int) -> None:
    """After a repository's own stream was processed: take its name; rest if it was deleted after it was
    followed, its run too."""
    try:
        known = Repository.objects.filter(team=team_id, github_repo_id=github_repo_id).first()
        if known is None:
            return
        tracked = TrackedRepository.objects.filter(team=team_id, github_repo_id=github_repo_id)
        tracked.exclude(full_name=known.full_name).update(full_name=known.full_name)
        if any(map(_was_deleted, tracked.filter(is_active=True))):
            _rest(team_id, github_repo_id)
            # Not in that transaction: whoever works on the run locks its row first.
            cancel_leftover(team=team_id, github_repo_id=github_repo_id)
    except DatabaseError:
        # The stream is processed and committed; the next event of the repository brings this up to date.
        logger.exception("repository %d of team %d could not be followed", github_repo_id, team_id)


def _was_deleted(tracked: TrackedRepository) -> bool:
    """An older deletion is no news: GitHub lets a repository be restored, and somebody followed it then."""
    return deleted_after(tracked.team_id, tracked.github_repo_id, tracked.followed_at)


@transaction.atomic
def _rest(team_id: int, github_repo_id: int) -> None:
    tracked = locked(team_id, github_repo_id)
    if tracked is not None and tracked.is_active and _was_deleted(tracked):
        TrackedRepository.objects.filter(pk=tracked.pk).update(is_active=False, webhook_wanted=False)
        refresh(tracked.integration)


def follow_run(run: Run) -> None:
    """After each change of a backfill, also after its purge: how its connection stands, since when the
    repository is complete, and when it is looked at next."""
    if run.kind != Run.Kind.BACKFILL:
        return
    tracked = (
        TrackedRepository.objects.filter(team=run.team_id, github_repo_id=run.github_repo_id or 0)
        .select_related("integration")
        .first()
    )
    if tracked is None:
        return
    refresh(tracked.integration, tracked)
    if run.state not in Run.ACTIVE:
        TrackedRepository.objects.filter(pk=tracked.pk).update(sync_due_at=due_after(run))


def refresh(integration: GitHubIntegration, tracked: TrackedRepository | None = None) -> None:
    """Write what the runs say of an integration, and of one of its repositories."""
    with transaction.atomic():
        # Two runs that end at once would each see the other one running, and "syncing" would stay for ever.
        # Whoever locks several rows takes run, integration, repository in this order. A new run comes last.
        GitHubIntegration.objects.select_for_update(no_key=True).get(pk=integration.pk)
        if tracked is not None:
            complete = _newest(tracked.team_id, tracked.github_repo_id).filter(state=Run.State.COMPLETE)
            tracked.last_sync_at = complete.values_list("finished_at", flat=True).first()
            tracked.save(update_fields=["last_sync_at", "updated_at"])
        integration.sync_status = sync_status(integration)
        integration.last_sync_at = integration.tracked_repositories.aggregate(last=Max("last_sync_at"))[
            "last"
        ]
        integration.save(update_fields=["sync_status", "last_sync_at", "updated_at"])


def sync_status(integration: GitHubIntegration) -> str:
    """Syncing if a run lives, else error if an active repository's last run failed, else complete if all
    ran, else pending.

    One statement that looks up two rows per repository, however many runs it had: it is made under the lock
    of the integration, at each change of each of its runs.
    """
    of_it = _newest(OuterRef("team"), OuterRef("github_repo_id")).values("state")
    # One that lives is its repository's newest: the database allows no other beside it.
    newest, ended = of_it[:1], of_it.filter(state__in=ENDED)[:1]
    active = integration.tracked_repositories.filter(is_active=True)
    states = list(active.values_list(Subquery(newest), Subquery(ended)))
    if any(state in LIVING for state, _ in states):
        return Status.SYNCING
    last = [state for _, state in states]
    if Run.State.FAILED in last:
        return Status.ERROR
    return Status.COMPLETE if last and None not in last else Status.PENDING


def _newest(team: int | OuterRef, github_repo_id: int | OuterRef) -> QuerySet[Run]:
    """A repository's backfills, the newest first: in the order of `ingest_run_of_repository`."""
    runs = Run.objects.filter(team=team, kind=Run.Kind.BACKFILL, github_repo_id=github_repo_id)
    return runs.order_by("-pk")

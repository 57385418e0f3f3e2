"""Which repositories a team follows."""

from __future__ import annotations

from django.db import transaction

from apps.integrations.listeners import refresh
from apps.integrations.models import (
    AvailableRepository,
    GitHubIntegration,
    IntegrationCredential,
    TrackedRepository,
)
from apps.integrations.services.github_sync import begin
from apps.integrations.services.purges import refuse_purged
from apps.integrations.services.repositories.choosing import integration_of
from apps.integrations.services.runs.leftover import cancel_leftover
from apps.integrations.services.sending import send_after_commit
from apps.integrations.tasks import continue_backfill, settle_webhook
from apps.teams.models import Team
from ingest.backfill.repository import Repository
from ingest.backfill.window import Window
from ingest.models import AuditLine, Run


@transaction.atomic
def track(team: Team, found: Repository, credential: IntegrationCredential) -> TrackedRepository:
    """The team's row of a repository that GitHub has just shown, made where absent, active and under its
    present name. It stays with the connection that it has, while that one works."""
    cancel_leftover(team=team, github_repo_id=found.id)
    integration = _integration(credential, found)
    values = {"integration": integration, "full_name": found.full_name}
    tracked, created = TrackedRepository.objects.get_or_create(
        team=team, github_repo_id=found.id, defaults=values
    )
    if not created:
        tracked.full_name = found.full_name
        if not tracked.is_active:
            tracked.follow_again()
        if tracked.integration.credential.status != IntegrationCredential.Status.ACTIVE:
            tracked.integration = integration
        tracked.save(update_fields=["full_name", "is_active", "followed_at", "integration", "updated_at"])
    return tracked


def _integration(credential: IntegrationCredential, found: Repository) -> GitHubIntegration:
    owner = {"organization_slug": found.owner, "organization_id": found.owner_id}
    integration, created = GitHubIntegration.objects.get_or_create(
        credential=credential, defaults={"team": credential.team, **owner}
    )
    several = not created and integration.organization_id not in (None, found.owner_id)
    # What somebody chose in the browser stays; with GITHUB_TOKEN nobody chose.
    if several and credential.source == IntegrationCredential.Source.ENVIRONMENT:
        # One token, repositories of several owners.
        integration.organization_slug, integration.organization_id = "", None
        integration.save(update_fields=["organization_slug", "organization_id", "updated_at"])
    return integration


def follow(listed: AvailableRepository, window: Window, who: str) -> tuple[TrackedRepository, bool]:
    """Begin to follow a repository that a connection lists: its webhook and its first backfill.

    Returns its row, and whether it was not followed before: where it was, nothing is done. Asks GitHub
    nothing itself; workers do. Raises NotBegun.
    """
    refuse_purged(listed.team, listed.github_repo_id, listed.full_name)
    cancel_leftover(team=listed.team, github_repo_id=listed.github_repo_id)
    with transaction.atomic():
        GitHubIntegration.objects.select_for_update(no_key=True).get(pk=listed.integration_id)
        tracked, _ = TrackedRepository.objects.get_or_create(
            team=listed.team,
            github_repo_id=listed.github_repo_id,
            defaults={"integration": listed.integration, "full_name": listed.full_name, "is_active": False},
        )
        tracked = TrackedRepository.objects.select_for_update().get(pk=tracked.pk)
        if tracked.is_active:
            return tracked, False
        tracked.follow_again()
        tracked.webhook_wanted = True
        tracked.integration, tracked.full_name = listed.integration, listed.full_name
        tracked.webhook_problem, tracked.webhook_not_before = "", None
        tracked.save()
        refresh(listed.integration)
        _note(tracked, who, "track", window=window.as_json())
        want_webhook(tracked)
    sync(tracked, window, who)
    return tracked, True


def unfollow(tracked: TrackedRepository, who: str) -> bool:
    """Stop following: the webhook goes, a living run is cancelled, what is stored stays. False where it was
    not followed."""
    with transaction.atomic():
        integration = GitHubIntegration.objects.select_for_update(no_key=True).get(pk=tracked.integration_id)
        changed = TrackedRepository.objects.filter(pk=tracked.pk, is_active=True).update(
            is_active=False, webhook_wanted=False, webhook_problem="", webhook_not_before=None
        )
        if changed:
            refresh(integration)
            _note(tracked, who, "untrack")
            want_webhook(tracked)
    # Not in that transaction: whoever works on the run locks its row first.
    cancel_leftover(team=tracked.team, github_repo_id=tracked.github_repo_id)
    tracked.refresh_from_db()
    return bool(changed)


def sync(tracked: TrackedRepository, window: Window, who: str) -> tuple[Run, bool]:
    """Queue a backfill, or find the one that the repository has: at most one lives. Raises NotBegun."""
    refuse_purged(tracked.team, tracked.github_repo_id, tracked.full_name)
    _take_working_connection(tracked)
    with transaction.atomic():
        run, new = begin(tracked, window, who)
        if new:
            _note(tracked, who, "sync", run=run.pk, window=window.as_json())
        if run.state != Run.State.PAUSED:
            # Of this run: a message that comes after it was cancelled must not begin another.
            send_after_commit(continue_backfill, run.pk)
    return run, new


def want_webhook(tracked: TrackedRepository) -> None:
    """Have a worker make the webhook, or remove it, as the row says."""
    send_after_commit(settle_webhook, tracked.pk)


def retry_webhook(tracked: TrackedRepository) -> None:
    """Somebody asks again, after having done something about what was wrong."""
    _take_working_connection(tracked)
    with transaction.atomic():
        TrackedRepository.objects.filter(pk=tracked.pk).update(
            webhook_wanted=tracked.is_active, webhook_problem="", webhook_not_before=None
        )
        want_webhook(tracked)


def _take_working_connection(tracked: TrackedRepository) -> None:
    """Once its own is over for good, a repository goes on with the one that the team has now."""
    former, now = tracked.integration, integration_of(tracked.team)
    active = IntegrationCredential.Status.ACTIVE
    if former.credential.status == active or now is None or now.credential.status != active:
        return
    TrackedRepository.objects.filter(pk=tracked.pk).update(integration=now)
    tracked.integration = now
    refresh(former)
    refresh(now)


def _note(tracked: TrackedRepository, who: str, action: str, **detail: object) -> None:
    about = {"repository": tracked.full_name, "github_repo_id": tracked.github_repo_id}
    AuditLine.objects.create(team=tracked.team, who=who, action=action, detail={**about, **detail})

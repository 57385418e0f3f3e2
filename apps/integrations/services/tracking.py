"""Which repositories a team follows."""

from django.db import transaction

from apps.integrations.models import GitHubIntegration, IntegrationCredential, TrackedRepository
from apps.teams.models import Team
from ingest.backfill.repository import Repository


@transaction.atomic
def track(team: Team, found: Repository, credential: IntegrationCredential) -> TrackedRepository:
    """The team's row of a repository that GitHub has just shown, made where absent, active and under its
    present name. It stays with the connection that it has, while that one works."""
    integration = _integration(credential, found)
    values = {"integration": integration, "full_name": found.full_name}
    tracked, created = TrackedRepository.objects.get_or_create(
        team=team, github_repo_id=found.id, defaults=values
    )
    if not created:
        tracked.full_name, tracked.is_active = found.full_name, True
        if tracked.integration.credential.status != IntegrationCredential.Status.ACTIVE:
            tracked.integration = integration
        tracked.save(update_fields=["full_name", "is_active", "integration", "updated_at"])
    return tracked


def _integration(credential: IntegrationCredential, found: Repository) -> GitHubIntegration:
    owner = {"organization_slug": found.owner, "organization_id": found.owner_id}
    integration, created = GitHubIntegration.objects.get_or_create(
        credential=credential, defaults={"team": credential.team, **owner}
    )
    if not created and integration.organization_id not in (None, found.owner_id):
        # One token, repositories of several owners.
        integration.organization_slug, integration.organization_id = "", None
        integration.save(update_fields=["organization_slug", "organization_id", "updated_at"])
    return integration

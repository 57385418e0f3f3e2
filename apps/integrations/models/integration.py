"""What a credential opens."""

from typing import Any

from django.db import models

from apps.integrations.fields import EncryptedTextField
from apps.teams.models import BaseTeamModel

from .credential import IntegrationCredential
from .ownership import refuse_other_team


class GitHubIntegration(BaseTeamModel):
    """What a credential opens: an organization or a person (empty where several), and how its runs went."""

    class SyncStatus(models.TextChoices):
        PENDING = "pending", "Pending"
        SYNCING = "syncing", "Syncing"
        COMPLETE = "complete", "Complete"
        ERROR = "error", "Error"

    # PROTECT: disconnecting erases tokens and keeps rows.
    credential = models.OneToOneField(
        IntegrationCredential, on_delete=models.PROTECT, related_name="github_integration"
    )
    organization_slug = models.CharField(max_length=255, blank=True, default="")
    organization_id = models.BigIntegerField(null=True, blank=True)
    # A person's own account: it has repositories and no members.
    is_personal = models.BooleanField(default=False)
    webhook_secret = EncryptedTextField(blank=True, default="")
    # Valid beside the new one until GitHub has the new one for every hook.
    previous_webhook_secret = EncryptedTextField(blank=True, default="")
    last_sync_at = models.DateTimeField(null=True, blank=True)
    # When GitHub was last asked for the members and for the list of repositories, and what kept it from
    # answering since; empty: nothing.
    members_imported_at = models.DateTimeField(null=True, blank=True)
    members_problem = models.TextField(blank=True, default="")
    repositories_listed_at = models.DateTimeField(null=True, blank=True)
    repositories_problem = models.TextField(blank=True, default="")
    sync_status = models.CharField(max_length=20, choices=SyncStatus.choices, default=SyncStatus.PENDING)

    def __str__(self) -> str:
        return self.organization_slug or f"GitHub of {self.team}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_other_team(self, self.credential)
        super().save(*args, **kwargs)

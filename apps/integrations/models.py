"""How a team is connected to GitHub, and which repositories it follows."""

import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django_jsonfield_backport.models import JSONField

from apps.integrations.fields import EncryptedTextField
from apps.teams.models import BaseTeamModel


def new_key() -> str:
    return secrets.token_urlsafe(24)


class OtherTeam(ValueError):
    """A row that would point into another team: with it one team would work with another's token."""


class IntegrationCredential(BaseTeamModel):
    """A token of a team. Both token columns hold ciphertext: `decrypt(credential.access_token)`.

    With source `environment` nothing is stored; `services.credentials.token_for` knows where each token is.
    """

    class Provider(models.TextChoices):
        GITHUB = "github", "GitHub"

    class Source(models.TextChoices):
        OAUTH = "oauth", "Signed in at GitHub"
        TOKEN = "token", "Entered by hand"
        ENVIRONMENT = "environment", "GITHUB_TOKEN of the server"

    class Status(models.TextChoices):
        ACTIVE = "active", "Connected"
        REVOKED = "revoked", "Needs reconnecting"
        DISCONNECTED = "disconnected", "Disconnected"

    provider = models.CharField(max_length=20, choices=Provider.choices, default=Provider.GITHUB)
    source = models.CharField(max_length=20, choices=Source.choices, default=Source.OAUTH)
    access_token = models.TextField(blank=True, default="")
    refresh_token = models.TextField(blank=True, default="")
    scopes = JSONField(blank=True, default=list)
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    status_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            # Connecting again changes the row. A source of its own keeps `GITHUB_TOKEN=... backfill` from
            # overwriting the connection that the team made in the browser.
            models.UniqueConstraint(
                fields=["team", "provider", "source"], name="unique_team_provider_source"
            ),
            models.CheckConstraint(
                condition=~models.Q(source="environment") | models.Q(access_token="", refresh_token=""),
                name="environment_stores_no_token",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} of {self.team} ({self.source})"


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
    webhook_secret = EncryptedTextField(blank=True, default="")
    # Valid beside the new one until GitHub has the new one for every hook.
    previous_webhook_secret = EncryptedTextField(blank=True, default="")
    last_sync_at = models.DateTimeField(null=True, blank=True)
    sync_status = models.CharField(max_length=20, choices=SyncStatus.choices, default=SyncStatus.PENDING)

    def __str__(self) -> str:
        return self.organization_slug or f"GitHub of {self.team}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        _refuse_other_team(self, self.credential)
        super().save(*args, **kwargs)


class TrackedRepository(BaseTeamModel):
    """A repository whose events are collected. `github_repo_id` is its name for ever, `full_name` for now."""

    integration = models.ForeignKey(
        GitHubIntegration, on_delete=models.PROTECT, related_name="tracked_repositories"
    )
    github_repo_id = models.BigIntegerField()
    full_name = models.CharField(max_length=255)
    is_active = models.BooleanField(default=True)
    webhook_id = models.BigIntegerField(null=True, blank=True)
    last_sync_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "tracked repositories"
        constraints = [models.UniqueConstraint(fields=["team", "github_repo_id"], name="unique_team_repo")]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        _refuse_other_team(self, self.integration)
        super().save(*args, **kwargs)


class WebhookEndpoint(BaseTeamModel):
    """The team's own address for deliveries: GitHub refuses two hooks of one address on one repository, so
    two teams that follow it need two.
    """

    key = models.CharField(max_length=64, unique=True, default=new_key)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team"], name="unique_team_webhook_endpoint")]

    def __str__(self) -> str:
        return f"deliveries of {self.team}"


class Reconciliation(BaseTeamModel):
    """How far the deliveries of a repository's hook, as GitHub lists them, were compared with the log."""

    tracked = models.OneToOneField(TrackedRepository, on_delete=models.CASCADE, related_name="reconciliation")
    # Of which hook: what was seen of another says nothing of this one.
    hook_id = models.BigIntegerField()
    # By GitHub's clock: what was delivered before is in the log, but for what came within the overlap.
    seen_until = models.DateTimeField(null=True, blank=True)
    # A limit of GitHub's: nothing is asked before.
    not_before = models.DateTimeField(null=True, blank=True)
    # When the last attempt ended, and what kept it from being complete.
    tried_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"deliveries of {self.tracked}"


class RefusedDelivery(models.Model):
    """How many deliveries were refused on a day, and why: nothing else of them is kept."""

    day = models.DateField()
    reason = models.CharField(max_length=50)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "refused deliveries"
        constraints = [models.UniqueConstraint(fields=["day", "reason"], name="unique_refused_delivery")]

    def __str__(self) -> str:
        return f"{self.count} on {self.day}: {self.reason}"


def _refuse_other_team(row: BaseTeamModel, target: BaseTeamModel) -> None:
    if row.team_id != target.team_id:
        raise OtherTeam(f"{type(row).__name__} and its {type(target).__name__} belong to different teams.")

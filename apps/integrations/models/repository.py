"""The repositories of a connection: those that it can see, and those that are followed."""

from typing import Any

from django.db import models
from django.utils import timezone

from apps.teams.models import BaseTeamModel

from .integration import GitHubIntegration
from .ownership import refuse_other_team


class AvailableRepository(BaseTeamModel):
    """A repository as GitHub last listed it for a connection, so that no page waits for GitHub."""

    integration = models.ForeignKey(
        GitHubIntegration, on_delete=models.CASCADE, related_name="available_repositories"
    )
    github_repo_id = models.BigIntegerField()
    full_name = models.CharField(max_length=255)
    description = models.TextField(blank=True, default="")
    language = models.CharField(max_length=100, blank=True, default="")
    is_private = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)
    is_fork = models.BooleanField(default=False)
    # `permissions.admin`: who lacks it may make no webhook.
    can_admin = models.BooleanField(default=False)
    pushed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "available repositories"
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "github_repo_id"], name="unique_available_repository"
            )
        ]
        indexes = [models.Index(fields=["integration", "full_name"], name="available_by_name")]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_other_team(self, self.integration)
        super().save(*args, **kwargs)


class TrackedRepository(BaseTeamModel):
    """A repository whose events are collected. `github_repo_id` is its name for ever, `full_name` for now."""

    integration = models.ForeignKey(
        GitHubIntegration, on_delete=models.PROTECT, related_name="tracked_repositories"
    )
    github_repo_id = models.BigIntegerField()
    full_name = models.CharField(max_length=255)
    is_active = models.BooleanField(default=True)
    # Since when, or of one that rests: when it last began. What was deleted before, GitHub has restored.
    followed_at = models.DateTimeField(default=timezone.now)
    webhook_id = models.BigIntegerField(null=True, blank=True)
    # Why there is no hook, in a sentence with the next step; empty: there is one, or nobody tried yet.
    webhook_problem = models.TextField(blank=True, default="")
    # Somebody asked for a hook. One that is wanted and not there, or there and not wanted, is seen to by a
    # worker: at once where no problem is known, at `webhook_not_before` where one may pass by itself, and
    # where neither, when somebody asks again.
    webhook_wanted = models.BooleanField(default=False)
    webhook_not_before = models.DateTimeField(null=True, blank=True)
    # GitHub signs what it sends with the team's former secret still.
    webhook_secret_old = models.BooleanField(default=False)
    last_sync_at = models.DateTimeField(null=True, blank=True)
    # When beat looks whether a sync is to begin by itself; null: the next time. See `services.runs.syncing`.
    sync_due_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        verbose_name_plural = "tracked repositories"
        constraints = [models.UniqueConstraint(fields=["team", "github_repo_id"], name="unique_team_repo")]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_other_team(self, self.integration)
        super().save(*args, **kwargs)

    def follow_again(self) -> None:
        """Follow it from now on; saved by the caller."""
        self.is_active, self.followed_at = True, timezone.now()

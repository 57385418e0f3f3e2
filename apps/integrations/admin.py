"""What is connected, to look at. No token and no secret is shown, not as ciphertext either."""

from django.contrib import admin

from apps.teams.looking import LookOnly

from .models import GitHubIntegration, IntegrationCredential, TrackedRepository


@admin.register(IntegrationCredential)
class IntegrationCredentialAdmin(LookOnly):
    heavy = ("access_token", "refresh_token")
    list_display = ("pk", "team", "provider", "source", "status", "github_login", "last_used_at")


@admin.register(GitHubIntegration)
class GitHubIntegrationAdmin(LookOnly):
    heavy = ("webhook_secret", "previous_webhook_secret")
    list_display = ("organization_slug", "team", "sync_status", "last_sync_at")


@admin.register(TrackedRepository)
class TrackedRepositoryAdmin(LookOnly):
    list_display = ("full_name", "team", "github_repo_id", "is_active", "webhook_id", "last_sync_at")

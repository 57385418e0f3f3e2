"""What is connected, to look at. No token and no secret is shown, not as ciphertext either."""

from allauth.socialaccount import admin as allauth_admin
from django.contrib import admin

from apps.teams.looking import LookOnly

from .models import GitHubIntegration, IntegrationCredential, TrackedRepository

# Apps at GitHub are in the settings; a row of the first would do nothing, and keep a secret in clear. A row
# of the second is never made; one of the third, made by hand, would let somebody into another's account.
for _model in (allauth_admin.SocialApp, allauth_admin.SocialToken, allauth_admin.SocialAccount):
    admin.site.unregister(_model)


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

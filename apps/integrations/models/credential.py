"""A token of a team."""

from django.conf import settings
from django.db import models
from django_jsonfield_backport.models import JSONField

from apps.teams.models import BaseTeamModel


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
    # Whose token it is at GitHub; unknown until it was tested.
    github_login = models.CharField(max_length=255, blank=True, default="")
    github_user_id = models.BigIntegerField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # When a worker last began a turn at one of its runs: of teams that share a GitHub account, who waited
    # longest is next.
    turn_at = models.DateTimeField(null=True, blank=True)
    # As seen when it was last tested: scope -> granted, unknown left out (`services.permissions`), and the
    # accounts to choose from (`services.organizations`).
    permissions = JSONField(blank=True, default=dict)
    organizations = JSONField(blank=True, default=list)

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

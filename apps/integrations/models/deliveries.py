"""Where deliveries arrive, how far they were compared with GitHub's list, and what was refused."""

import secrets

from django.db import models

from apps.teams.models import BaseTeamModel

from .repository import TrackedRepository


def new_key() -> str:
    return secrets.token_urlsafe(24)


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

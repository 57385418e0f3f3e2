"""A purge that somebody asked for, on a page or by the command."""

from django.db import models
from django_jsonfield_backport.models import JSONField

from apps.teams.models import BaseTeamModel


class Purge(BaseTeamModel):
    """While it lives no backfill begins. A worker does it, or the command, and the next worker where that is
    killed; what went is counted here."""

    class State(models.TextChoices):
        ASKED = "asked", "Waiting for a worker"
        RUNNING = "running", "Deleting"
        DONE = "done", "Done"

    LIVING = (State.ASKED, State.RUNNING)

    # 0: everything of the team.
    github_repo_id = models.BigIntegerField(default=0)
    full_name = models.CharField(max_length=255, blank=True, default="")
    who = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    # Streams when it was asked for, and rows by kind that went, over all attempts.
    streams = models.BigIntegerField(default=0)
    deleted = JSONField(default=dict, blank=True)
    # A worker at work says so; when it is silent another begins.
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "github_repo_id"],
                condition=models.Q(state__in=["asked", "running"]),
                name="one_living_purge",
            )
        ]

    def __str__(self) -> str:
        return f"purge of {self.full_name or self.team} ({self.state})"

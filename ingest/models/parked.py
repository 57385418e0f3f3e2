from django.db import models

from apps.teams.models import TeamScoped

from .event import RawGitHubEvent
from .stream import Stream


class ParkedEvent(TeamScoped):
    """An event whose processor failed, with what is needed to mend it; or a whole stream (`event` null),
    where the database refused its rows. Goes when a replay succeeds."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="parked")
    event = models.OneToOneField(
        RawGitHubEvent, on_delete=models.PROTECT, null=True, blank=True, related_name="parked"
    )
    event_type = models.CharField(max_length=100, blank=True)
    action = models.CharField(max_length=100, blank=True)
    error = models.CharField(max_length=200)
    message = models.TextField()
    # Where in the payload, as `$.pull_request.id`; empty where the failure has no place.
    path = models.TextField(blank=True)
    # The path, or where there is none the exception and the function that raised it: with type and action
    # the fingerprint by which failures of one cause are grouped.
    # The default is the database's too, for workers of before that still run while it is migrated.
    place = models.TextField(blank=True, default="", db_default="")
    traceback = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stream"], condition=models.Q(event__isnull=True), name="ingest_parked_stream"
            )
        ]
        indexes = [models.Index(fields=["team", "error", "path"], name="ingest_parked_cause")]

    def __str__(self) -> str:
        return f"{self.error} at {self.path or 'no place'}: {self.message}"

from django.db import models

from apps.teams.models import TeamScoped

from .event import RawGitHubEvent


class SkippedEvent(TeamScoped):
    """Somebody's decision that a parked event is to be folded no more: its stream's rows are made as if it
    were absent, until this is undone. The event stays in the log."""

    event = models.OneToOneField(RawGitHubEvent, on_delete=models.CASCADE, related_name="skipped")
    reason = models.TextField()
    who = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"event {self.event_id} skipped by {self.who}: {self.reason}"

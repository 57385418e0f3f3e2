from django.db import models

from apps.teams.models import TeamScoped

from .event import RawGitHubEvent


class SkippedEvent(TeamScoped):
    """Somebody's decision that a parked event is to be folded no more: its stream's rows are made as if it
    were absent, until this is undone. The event stays in the log."""

    event = models.OneToOneField(RawGitHubEvent, on_delete=models.CASCADE, related_name="skipped")
    reason = models.TextField()
    # The fingerprint of the cause that it was parked for (`ingest.replay.causes`).
    group = models.CharField(max_length=12, blank=True, default="")
    who = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"event {self.event_id} skipped by {self.who}: {self.reason}"

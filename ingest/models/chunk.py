from django.db import models
from django_jsonfield_backport.models import JSONField

from apps.teams.models import TeamScoped

from .run import Run


class Chunk(TeamScoped):
    """Streams of a replay that a worker has taken, and that are not done yet.

    They leave it in the transaction that writes their rows and raises the run's counts, so that a chunk done
    twice counts once; with the last of them it goes. There are as many as workers are at the run.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="chunks")
    # [repository id, number] of each.
    streams = JSONField()
    # Who has it since `heartbeat_at`; nobody where it is empty.
    lease = models.CharField(max_length=100, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    # By how many workers it was taken; those that gave it back don't count.
    attempts = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{len(self.streams)} streams of {self.run}"

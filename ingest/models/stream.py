from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from apps.teams.models import TeamScoped


class Stream(TeamScoped):
    """All events of one pull request (`number`), of a repository besides (0), or of neither (0, 0).

    It is the unit of processing and the lock. `applied` counts the events that the rows are made from; -1
    says that events were moved in or out and all are to be read again.
    """

    repository_id = models.BigIntegerField(default=0)
    number = models.PositiveIntegerField(default=0)
    events = models.BigIntegerField(default=0)
    applied = models.BigIntegerField(default=0)
    # Of packed bodies: chunks of a replay are cut by it.
    bytes = models.BigIntegerField(default=0)
    # Of the code that made the rows (`apps.metrics.projection.version`); 0: never processed.
    version = models.PositiveIntegerField(default=0)
    # How often all of its events were to be read again: who folded them before that may find all else equal.
    rereads = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "repository_id", "number"], name="ingest_stream_key")
        ]
        indexes = [
            models.Index(
                fields=["team", "id"], condition=Q(events__gt=F("applied")), name="ingest_stream_pending"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repository_id}#{self.number}"

    @property
    def pending(self) -> int:
        """How many events are not applied yet."""
        return self.events - max(self.applied, 0)

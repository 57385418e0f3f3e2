from django.db import models
from django_jsonfield_backport.models import JSONField

from apps.teams.models import TeamScoped


class Validator(TeamScoped):
    """An answer that a team's log has whole: asked with its ETag again, GitHub says "not modified" for free.

    Written in the transaction that stores the answer's items, and gone with the first of their streams.
    """

    repository_id = models.BigIntegerField()
    # As it was asked for, with its parameters.
    url = models.TextField()
    # Which token asked: ETags are worth nothing to another.
    token = models.CharField(max_length=64)
    etag = models.TextField()
    next_url = models.TextField(blank=True)
    # What the fetcher goes by: it has no body to read it from again.
    facts = JSONField(default=dict)
    # The newest event of the log when it was written.
    event_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "repository_id", "url"], name="ingest_one_validator")
        ]

    def __str__(self) -> str:
        return f"{self.etag} of {self.url}"

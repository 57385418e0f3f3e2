from django.db import models
from django_jsonfield_backport.models import JSONField

from apps.teams.models import TeamScoped


class Fetch(TeamScoped):
    """One answer of the API, without its items: those are events that point here. As append-only as they
    are.
    """

    # No constraint: runs may be tidied away, and nothing of this row may change then.
    run = models.ForeignKey(
        "ingest.Run",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="fetches",
    )
    url = models.TextField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    etag = models.TextField(blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    # The answer's `Date`.
    answered_at = models.DateTimeField(null=True, blank=True)
    # GitHub cut the list (250 commits of a pull request): what is here is not all.
    truncated = models.BooleanField(default=False)
    # Rate limit; for GraphQL the query's hash, its cost and the answer's errors.
    details = JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "fetches"
        indexes = [models.Index(fields=["run", "id"], name="ingest_fetch_run")]

    def __str__(self) -> str:
        return f"{self.status} {self.url}"

from django.db import models


class Budget(models.Model):
    """What may still be asked of GitHub in somebody's name, shared by all processes that ask.

    GitHub counts by account, so `key` is whatever tells accounts apart; it is no team's row and holds no
    token. Written by `ingest.github.shared_pacer` only.
    """

    class Resource(models.TextChoices):
        REST = "rest"
        GRAPHQL = "graphql"

    key = models.CharField(max_length=100)
    resource = models.CharField(max_length=10, choices=Resource.choices)
    # Until when the points that were given out last, in microseconds since 1970.
    paced_to = models.BigIntegerField(default=0)
    # The hourly quota after some recent answer; null where GitHub told of none.
    limit = models.PositiveIntegerField(null=True)
    remaining = models.PositiveIntegerField(null=True)
    reset_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    # GitHub refused: nobody asks before. `repeats` as in `ingest.github.errors.RateLimited`.
    refused_until = models.DateTimeField(null=True)
    secondary = models.BooleanField(default=False)
    repeats = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "resource"], name="ingest_one_budget")]

    def __str__(self) -> str:
        return f"{self.resource} of {self.key}"

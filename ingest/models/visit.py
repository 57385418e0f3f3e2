from django.db import models

from apps.teams.models import TeamScoped

from .stream import Stream


class Visit(TeamScoped):
    """A pull request of which a backfill has stored everything: detail, all reviews, all commits.

    Bookkeeping of the fetcher, so that an unchanged pull request costs no request the next time. It goes
    with its stream: what is purged is fetched again.
    """

    stream = models.OneToOneField(Stream, on_delete=models.CASCADE, related_name="visit")
    # The last run that came across it.
    run_id = models.BigIntegerField()
    # GitHub's `updated_at` of the detail, which was fetched before the reviews and commits.
    pull_updated_at = models.DateTimeField(null=True)
    # The `Date` of the detail's answer.
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.stream} as of {self.pull_updated_at}"

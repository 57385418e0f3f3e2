"""Rows that no event explains: made by hand, or from before the log. Replay leaves them alone."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from apps.metrics.models import Commit, PRReview, PullRequest
from ingest.models import Stream


def count_orphans(team_id: int | None = None) -> dict[str, int]:
    teams = {} if team_id is None else {"team_id": team_id}
    stream = Stream.objects.filter(
        team_id=OuterRef("team_id"),
        repository_id=OuterRef("github_repo_id"),
        number=OuterRef("number"),
        events__gt=0,
    )
    return {
        "PullRequest": PullRequest.objects.filter(~Exists(stream), **teams).count(),
        "PRReview": PRReview.objects.filter(last_event_id__isnull=True, **teams).count(),
        "Commit": Commit.objects.filter(from_events=False, **teams).count(),
    }

"""Runs that found nothing: with one every half hour they would bury the others within days."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from ingest.models import Run

KEPT = timedelta(days=7)
# In one statement; the next look takes more.
AT_ONCE = 5000


def forget_quiet_runs(now: datetime) -> int:
    """Delete complete incremental runs of a week ago that stored nothing, but for a repository's last
    complete one, which says what is covered. Returns how many went."""
    of_it = {"team": OuterRef("team"), "kind": OuterRef("kind"), "github_repo_id": OuterRef("github_repo_id")}
    later = Run.objects.filter(**of_it, state=Run.State.COMPLETE, pk__gt=OuterRef("pk"))
    quiet = (
        Run.objects.filter(
            Exists(later),
            kind=Run.Kind.BACKFILL,
            state=Run.State.COMPLETE,
            finished_at__lt=now - KEPT,
            scope__window__has_key="since",
            counters__stored={},
        )
        .order_by("pk")
        .values_list("pk", flat=True)[:AT_ONCE]
    )
    return Run.objects.filter(pk__in=list(quiet)).delete()[0]

"""When a repository is looked at again after a run of it has ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from ingest.models import Run

# A repository whose webhook is healthy is synced all the same so often, and one that fails is tried so often
# at least.
SWEEP = timedelta(days=1)
# 30 minutes doubled so often pass a day.
MOST_DOUBLINGS = 6


def interval() -> timedelta:
    """Between the end of a complete sync and the next; zero where none begins by itself."""
    return timedelta(minutes=settings.SYNC_MINUTES)


def due_after(run: Run) -> datetime:
    """After each failure in a row twice as long, up to a day: what is broken is not asked for each time."""
    ended = run.finished_at or timezone.now()
    if run.state != Run.State.FAILED:
        return ended + interval()
    if run.error == "CredentialRevoked":
        # Nothing begins while the credential does not work, and whoever connects again waits for this.
        return ended
    longer: int = 2 ** min(_failures(run), MOST_DOUBLINGS)
    return ended + min(interval() * longer, SWEEP)


def _failures(run: Run) -> int:
    """How many runs of the repository failed since one was complete, this one included."""
    of_it = Run.objects.filter(team=run.team_id, kind=run.kind, github_repo_id=run.github_repo_id)
    complete = of_it.filter(state=Run.State.COMPLETE).order_by("-pk").values_list("pk", flat=True).first()
    return of_it.filter(state=Run.State.FAILED, pk__gt=complete or 0).count()

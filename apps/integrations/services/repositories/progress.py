"""How far the backfills of a team are, all repositories together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Max

from apps.integrations.models import TrackedRepository
from apps.teams.models import Team
from ingest.models import Run

State = Run.State


@dataclass(frozen=True)
class Progress:
    """Followed repositories, by how their last run stands. `pull_requests`: done by these runs."""

    followed: int
    complete: int
    running: int
    queued: int
    waiting: int
    paused: int
    failed: int
    pull_requests: int


def progress_of(team: Team) -> Progress:
    ids = TrackedRepository.for_team(team).filter(is_active=True).values_list("github_repo_id", flat=True)
    followed = list(ids)
    backfills = Run.for_team(team).filter(kind=Run.Kind.BACKFILL, github_repo_id__in=followed)
    last = backfills.values("github_repo_id").annotate(last=Max("pk")).values_list("last", flat=True)
    states: Counter[str] = Counter()
    pulls = 0
    for state, counters in Run.for_team(team).filter(pk__in=list(last)).values_list("state", "counters"):
        states[state] += 1
        pulls += counters.get("visited", 0) + counters.get("unchanged", 0)
    return Progress(
        len(followed),
        states[State.COMPLETE],
        states[State.RUNNING],
        states[State.QUEUED],
        states[State.WAITING],
        states[State.PAUSED],
        states[State.FAILED],
        pulls,
    )

"""The mark on numbers that a replay changed."""

from __future__ import annotations

from dataclasses import replace

from apps.metrics.models import PullRequest
from apps.teams.models import Team
from ingest.models import Run
from ingest.replay.looks import mode_of
from ingest.replay.scope import Scope, UnknownScope

# So many of the newest runs are looked at: dry runs and replays that changed nothing are among them.
LOOKED_AT = 50
CHANGES = ("created", "updated", "deleted")


def newest_mark(team: Team) -> Run | None:
    """The newest replay that is over and changed rows of pull requests."""
    return next((run for run in _over(team) if _changed_numbers(run)), None)


def mark_of(pull: PullRequest) -> Run | None:
    """The replay that wrote this row last: it was at work then, and the row is in its scope.

    A delivery of the same minutes may have written it too; who wants to know looks at the events.
    """
    for run in _over(pull.team):
        began, ended = run.started_at, run.finished_at
        at_work = began and ended and began <= pull.updated_at <= ended
        if at_work and _changed_numbers(run) and _covers(run, pull):
            return run
    return None


def _over(team: Team) -> list[Run]:
    newest = Run.for_team(team).filter(kind=Run.Kind.REPLAY).order_by("-pk")[:LOOKED_AT]
    return [run for run in newest if run.state not in Run.ACTIVE and mode_of(run) == "replay"]


def _changed_numbers(run: Run) -> bool:
    tables = run.counters.get("tables", {})
    return any(tables.get("PullRequest", {}).get(kind) for kind in CHANGES)


def _covers(run: Run, pull: PullRequest) -> bool:
    # What was pending, parked or stale then is not any more.
    scope = replace(Scope.of(run), pending=False, parked=False, stale=False)
    try:
        streams = scope.streams()
    except UnknownScope:
        return False
    return streams.filter(repository_id=pull.github_repo_id, number=pull.number).exists()

"""A run of a backfill, from taking it to its last state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from apps import sql
from ingest.github.client import GitHubClient
from ingest.github.errors import GitHubError, RateLimited
from ingest.models import Run
from ingest.runs.lease import Lease, LeaseLost

from .coverage import covered_after
from .engine import Backfill
from .repository import Repository
from .work import Progress, Work

State = Run.State

# Waits until the given instant; calls the second argument every few seconds, so that the lease stays.
Wait = Callable[[datetime, Callable[[], None]], None]


def perform(
    lease: Lease,
    client: GitHubClient,
    *,
    replay: bool = True,
    wait: Wait | None = None,
    enough: Callable[[], bool] = lambda: False,
    repository: Repository | None = None,
    progress: Progress | None = None,
) -> Run:
    """Work on a run until it is complete, was `enough` for now (queued again), or waits for a limit.

    With `wait` it goes on after a limit; without, it is left waiting with its `not_before`. `repository`: as
    GitHub has just shown it, which saves asking.

    Raises what ended it: GitHubError (the run has failed), KeyboardInterrupt (it is paused), LeaseLost (it is
    not ours any more), OperationalError (the database is gone, the lease will expire). Anything else fails
    the run too.
    """
    run = lease.run
    try:
        done = _go(lease, client, replay, wait, enough, repository, progress)
    except LeaseLost:
        raise
    except KeyboardInterrupt:
        lease.leave(State.PAUSED)
        raise
    except Exception as error:
        if sql.is_away(error):
            raise
        lease.leave(State.FAILED, error=type(error).__name__, message=_sentence(error))
        raise
    if done:
        covered = covered_after(run)
        report = {**run.report, "covered": covered.as_json() if covered else None}
        lease.leave(State.COMPLETE, cursor={}, not_before=None, error="", message="", report=report)
    elif run.state != State.WAITING:
        lease.leave(State.QUEUED)
    return run


def _go(
    lease: Lease,
    client: GitHubClient,
    replay: bool,
    wait: Wait | None,
    enough: Callable[[], bool],
    repository: Repository | None,
    progress: Progress | None,
) -> bool:
    run = lease.run
    # Left by an earlier process: GitHub bans who asks before.
    not_before = run.not_before if run.not_before and run.not_before > timezone.now() else None
    repeats = run.cursor.get("secondary_repeats", 0)
    while True:
        if not_before is None:
            try:
                # What goes on after a limit reads its place from the row, as after a kill.
                work = Work(lease, client, repository, progress)
                return Backfill(work, replay=replay, enough=enough).go()
            except RateLimited as limit:
                not_before, repeats, repository = limit.reset_at, limit.repeats, None
        waiting = {"not_before": not_before, "cursor": {**run.cursor, "secondary_repeats": repeats}}
        if wait is None:
            lease.leave(State.WAITING, **waiting)
            return False
        lease.enter(State.WAITING, **waiting)
        wait(not_before, lease.beat)
        lease.enter(State.RUNNING, not_before=None)
        not_before = None


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, GitHubError) else f"{type(error).__name__}: {error}"

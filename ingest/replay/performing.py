"""A replay as a run: a row with its progress, which a killed process leaves to the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from apps.teams.models import Team
from ingest.log.streams import StreamKey
from ingest.models import Run
from ingest.runs.lease import Lease, LeaseLost, NotFree, take

from .fingerprint import fingerprint
from .processing import Process, process
from .replaying import Progress, replay
from .report import Report
from .scope import Scope

State = Run.State


def perform(scope: Scope, *, step: Process = process, progress: Progress | None = None) -> Report:
    """Replay a scope, one run for each team that it selects; returns the sum of their reports.

    The same scope goes on where a run of it was interrupted or killed, if the code is still what it was.
    Raises UnknownScope, OperationalError, LeaseLost, KeyboardInterrupt (the run is paused then).
    """
    slugs = Team.objects.filter(pk__in=scope.streams().values("team_id")).order_by("slug")
    total = Report("replay", scope.selected())
    for slug in slugs.values_list("slug", flat=True):
        part = scope.of_team(slug)
        _perform(part, total, step, progress)
    total.count_pending(scope)
    return total


def _perform(scope: Scope, total: Report, step: Process, progress: Progress | None) -> None:
    lease = _begin(scope)
    run = lease.run
    report = Report("replay", total.selected)
    report.restore(run.counters)
    after = tuple(run.cursor["after"]) if "after" in run.cursor else None

    def save(last: StreamKey, sofar: Report) -> None:
        # Committed after the chunk: killed between the two, the chunk is done once more and changes nothing.
        lease.write(cursor={**run.cursor, "after": list(last)}, counters=sofar.counters())
        if progress:
            progress(last, sofar)

    with _ending(lease):
        replay(scope, report=report, after=after, step=step, progress=save)
        lease.leave(State.COMPLETE, counters=report.counters(), report=report.as_json())
    total.merge(report)


def _begin(scope: Scope) -> Lease:
    """The interrupted run of this scope by this code, else a new one."""
    asked = scope.as_json()
    team = Team.objects.get(slug=scope.team)
    if not scope.shrinks:
        # What is pending, parked or stale is other streams by now: those scopes begin at the beginning.
        old = Run.for_team(team).filter(kind=Run.Kind.REPLAY, state__in=Run.ACTIVE, scope=asked).last()
        if old is not None and old.cursor.get("code") == fingerprint():
            try:
                return take(old, paused=True)
            except NotFree:
                pass  # Somebody works on it: another run of the same scope harms nobody.
    run = Run.objects.create(team=team, kind=Run.Kind.REPLAY, scope=asked, cursor={"code": fingerprint()})
    return take(run)


@contextmanager
def _ending(lease: Lease) -> Iterator[None]:
    try:
        yield
    except LeaseLost:
        raise
    except KeyboardInterrupt:
        lease.leave(State.PAUSED, message="interrupted")
        raise
    except Exception as error:
        lease.leave(State.FAILED, error=type(error).__name__, message=str(error))
        raise

"""A replay in the foreground: a run that this process works on until it is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from apps.teams.models import Team
from ingest.interrupts import stop_if_asked, waiting
from ingest.models import Run
from ingest.runs.changes import pause

from .replaying import Progress
from .report import Report
from .scope import Scope
from .sharing import WORKED_ON, TakenAway, needs_newer_code, take
from .starting import begin

State = Run.State
# Between two looks at whether the last chunks of others are done.
WAIT = 0.2

# Other processes at the same run while it lasts. What it yields is called now and then, to bury the dead.
Beside = Callable[[Run], AbstractContextManager[Callable[[], object]]]


class Stopped(Exception):
    """The run was paused, cancelled or failed elsewhere, or its chunks are for newer code."""

    def __init__(self, run: Run) -> None:
        self.run = run
        why = f": {run.error}: {run.message}" if run.error else ""
        if needs_newer_code(run):
            why = ": a newer version of the code started it, and has to end it"
        super().__init__(f"run {run.pk} is {run.state}{why}")


def perform(
    scope: Scope, who: str, *, beside: Beside | None = None, progress: Progress | None = None
) -> Report:
    """Replay a scope, one run for each team that it selects; returns the sum of their reports.

    The same scope goes on where a run of it was interrupted or killed, if the code is still what it was.
    Raises UnknownScope, OperationalError, Stopped, KeyboardInterrupt (the run is paused then).
    """
    started = time.monotonic()
    slugs = Team.objects.filter(pk__in=scope.streams().values("team_id")).order_by("slug")
    total = Report("replay", scope.selected())
    for slug in slugs.values_list("slug", flat=True):
        run = begin(scope.of_team(slug), who)
        with (beside or _nobody)(run) as look:
            _go(run, look, progress)
        total.merge(Report.of(run))
    total.seconds = time.monotonic() - started
    total.count_pending(scope)
    return total


def work_off(run: Run, progress: Progress | None = None) -> None:
    """Take chunks until none is left to take. A signal is heard between two of them."""
    while (share := take(run)) is not None:
        try:
            share.work()
        except TakenAway:
            continue
        if progress:
            progress(_report(run))
        stop_if_asked()


def _go(run: Run, look: Callable[[], object], progress: Progress | None) -> None:
    try:
        work_off(run, progress)
        while run.state in WORKED_ON and not needs_newer_code(run):
            # Others are at the last chunks. One that dies leaves its own to us.
            with waiting():
                time.sleep(WAIT)
            look()
            work_off(run, progress)
            if progress:
                progress(_report(run))
    except KeyboardInterrupt:
        pause(run)
        raise
    if run.state != State.COMPLETE:
        raise Stopped(run)


def _report(run: Run) -> Report:
    run.refresh_from_db(fields=["counters"])
    return Report.of(run)


def _nobody(run: Run) -> AbstractContextManager[Callable[[], object]]:
    return nullcontext(lambda: None)

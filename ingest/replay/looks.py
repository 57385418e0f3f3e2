"""A dry run or a verification as a run, for who has no terminal: one worker does all of it.

Nothing is written but the run's row. Killed, it begins again.
"""

from __future__ import annotations

from ingest.models import Run
from ingest.runs import lease
from ingest.runs.lease import LeaseLost

from .replaying import dry_run, verify
from .report import Report
from .scope import Scope

MODES = {"dry-run": dry_run, "verify": verify}


def mode_of(run: Run) -> str:
    """`replay`, or one of MODES."""
    return str(run.scope.get("mode", "replay"))


def look(run: Run) -> None:
    """Do it; the report is in the run's row then.

    Raises NotFree where another worker is at it, LeaseLost where it was paused or cancelled meanwhile, and
    what the database raises.
    """
    held = lease.take(run)
    try:
        scope = Scope.of(run)
        total = scope.streams().count()

        def save(report: Report) -> None:
            report.total = total
            held.write(counters=report.counters())

        report = MODES[mode_of(run)](scope, progress=save)
    except LeaseLost:
        raise
    except Exception as error:
        held.leave(Run.State.FAILED, error=type(error).__name__, message=str(error))
        raise
    report.total = total
    held.leave(
        Run.State.COMPLETE,
        counters=report.counters(),
        report=report.as_json(),
        message=report.left_alone(),
    )

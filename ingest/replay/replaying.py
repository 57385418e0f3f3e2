"""A replay without a run's row, and the two looks that write nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

from ingest.interrupts import stop_if_asked

from .cutting import chunks
from .impact import Impact
from .looking import Look
from .orphans import count_orphans
from .processing import Step, process
from .report import Report
from .scope import Scope, team_by_slug

Progress = Callable[[Report], None]


def replay(scope: Scope, *, progress: Progress | None = None) -> Report:
    """Process every stream of the scope again, one transaction a chunk.

    `progress` is called after each chunk. Raises `UnknownScope`; OperationalError where the database went
    away, with all finished chunks committed. `performing.perform` does the same as a run.
    """
    return _go(scope, Report("replay", scope.selected()), process, progress)


def dry_run(scope: Scope, *, progress: Progress | None = None) -> Report:
    """What `replay` would change, why, and what it does to each metric. Writes nothing."""
    return _go(scope, Report("dry-run", scope.selected(), impact=Impact()), Look(causes=True), progress)


def verify(scope: Scope, *, progress: Progress | None = None) -> Report:
    """Compare the rows with the log. Writes nothing."""
    report = _go(scope, Report("verify", scope.selected()), Look(), progress)
    report.orphans = count_orphans(team_by_slug(scope.team).pk if scope.team else None)
    return report


def _go(scope: Scope, report: Report, step: Step, progress: Progress | None) -> Report:
    started = time.monotonic()
    for chunk in chunks(scope.streams()):
        report.add(step(chunk))
        report.seconds = time.monotonic() - started
        if progress:
            progress(report)
        stop_if_asked()
    report.seconds = time.monotonic() - started
    report.count_pending(scope)
    return report

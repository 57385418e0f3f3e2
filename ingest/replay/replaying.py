"""A replay from its first chunk to its report."""

from __future__ import annotations

import time
from collections.abc import Callable

from ingest.log.streams import StreamKey

from .impact import Impact
from .orphans import count_orphans
from .processing import Process, preview, process
from .report import Report
from .scope import Scope, chunks, team_by_slug

Progress = Callable[[StreamKey, Report], None]


def replay(
    scope: Scope,
    *,
    report: Report | None = None,
    after: StreamKey | None = None,
    step: Process = process,
    progress: Progress | None = None,
) -> Report:
    """Process every stream of the scope again (those beyond `after`), one transaction a chunk.

    `report`: goes on with these totals. `progress` is called after each chunk with its last stream. Raises
    `UnknownScope`; OperationalError where the database went away, with all finished chunks committed.
    """
    return _go(scope, report or Report("replay", scope.selected()), step, after, progress)


def dry_run(scope: Scope, *, progress: Progress | None = None) -> Report:
    """What `replay` would change, and what it does to each metric. Writes nothing."""
    return _go(scope, Report("dry-run", scope.selected(), Impact()), preview, None, progress)


def verify(scope: Scope, *, progress: Progress | None = None) -> Report:
    """Compare the rows with the log. Writes nothing."""
    report = _go(scope, Report("verify", scope.selected()), preview, None, progress)
    report.orphans = count_orphans(team_by_slug(scope.team).pk if scope.team else None)
    return report


def _go(
    scope: Scope,
    report: Report,
    step: Process,
    after: StreamKey | None,
    progress: Progress | None,
) -> Report:
    started = time.monotonic() - report.seconds
    for chunk in chunks(scope.streams(), after):
        report.add(step(chunk))
        report.seconds = time.monotonic() - started
        if progress:
            progress(chunk[-1], report)
    report.seconds = time.monotonic() - started
    report.count_pending(scope)
    return report

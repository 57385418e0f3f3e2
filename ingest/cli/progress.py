"""Progress on stderr: a bar at a terminal, nothing where nobody looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ingest.replay.replaying import Progress as Step
from ingest.replay.report import Report
from ingest.replay.scope import Scope

from .output import console


@contextmanager
def replay_progress(stderr: Any, scope: Scope) -> Iterator[Step | None]:
    """A callback for `replaying`; None where stderr is no terminal."""
    screen = console(stderr)
    if not screen.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("streams · {task.fields[events]} events"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("replay", total=scope.streams().count(), events=0)

        def step(report: Report) -> None:
            bar.update(task, completed=report.processed.streams, events=report.processed.events)

        yield step

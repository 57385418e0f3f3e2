"""The progress of a backfill on stderr: counters at a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.utils import timezone
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ingest.backfill.counters import Counters
from ingest.cli.output import console
from ingest.models import Run
from ingest.runs.waiting import nap

NAMES = {"pull_request": "pull requests", "pull_request_review": "reviews", "commit": "commits"}
LINE_SECONDS = 10.0


class Screen:
    """Shows counters and waits. Totals are unknown before the last page, so there is no percentage."""

    def __init__(self, screen: Console, bar: Progress | None, task: TaskID | None) -> None:
        self._screen = screen
        self._bar = bar
        self._task = task
        self._said = float("-inf")

    def progress(self, run: Run, counters: Counters) -> None:
        self._tell(f"{run.scope['repository']}: {sentence(counters)}")

    def looked(self, repository: str, restored: int) -> None:
        """How far `manage.py reconcile` is."""
        self._tell(f"{repository}: {restored:,} deliveries restored")

    def _tell(self, text: str) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=text)
        elif time.monotonic() - self._said >= LINE_SECONDS:
            self._said = time.monotonic()
            self.say(text)

    def say(self, text: str) -> None:
        self._screen.print(text)

    def wait(self, until: datetime, beat: Callable[[], None]) -> None:
        """Count down to the end of a limit."""
        self.say(f"GitHub's limit is reached: waiting until {until:%H:%M:%S %Z}. Ctrl-C: go on another time.")
        while (left := (until - timezone.now()).total_seconds()) > 0:
            if self._bar is not None and self._task is not None:
                minutes, seconds = divmod(int(left), 60)
                self._bar.update(
                    self._task, description=f"waiting for GitHub's limit: {minutes}:{seconds:02d}"
                )
            nap(min(1.0, left), beat)


def sentence(counters: Counters) -> str:
    """Events stored and applied, by resource; both climb."""
    parts = []
    for event_type, name in NAMES.items():
        stored, applied = counters.stored[event_type], counters.applied[event_type]
        if not stored and counters.stored["pull_request"]:
            # By GraphQL they come inside the pull requests.
            continue
        parts.append(f"{name} {stored:,} stored, {applied:,} applied")
    left = counters.quota.get("remaining")
    quota = "" if left is None else f", {left:,} left"
    return f"{' · '.join(parts)} · {counters.requests:,} requests{quota}"


@contextmanager
def showing(stderr: Any) -> Iterator[Screen]:
    screen = console(stderr)
    if not screen.is_terminal:
        yield Screen(screen, None, None)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        yield Screen(screen, bar, bar.add_task("asking GitHub", total=None))

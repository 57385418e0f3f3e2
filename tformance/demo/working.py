"""Celery's worker and beat as threads of the demo's process: nothing is left when it ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from celery.beat import EmbeddedService
from celery.worker import WorkController, state

from tformance.celery import app

# A sync takes up one of them until it is over.
TASKS_TOGETHER = 4
STOP_SECONDS = 5


@contextmanager
def working(folder: Path) -> Iterator[None]:
    """Work on what is sent to the broker until the block ends; `folder` is for beat's schedule.

    A task that is in the middle of something at the end is left: whoever works next takes it up.
    """
    # A line for each task and each message would push the result out of the terminal.
    logging.getLogger("celery").setLevel(logging.WARNING)
    app.finalize()
    worker = WorkController(
        app=app,
        pool="threads",
        concurrency=TASKS_TOGETHER,
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
    )
    thread = threading.Thread(target=worker.start, name="worker", daemon=True)
    beat = EmbeddedService(app, thread=True, schedule_filename=str(folder / "schedule"))
    thread.start()
    beat.start()
    try:
        yield
    finally:
        state.should_terminate = 0
        thread.join(STOP_SECONDS)

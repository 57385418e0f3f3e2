"""Live processing on Celery workers."""

from __future__ import annotations

import time

from celery import shared_task

from ingest.live import hints
from ingest.live.pending import is_pending, work_off

# Then the task ends and says so again, so that other work and a worker's shutdown get their turn.
TASK_SECONDS = 20.0


@shared_task
def process_pending() -> None:
    """Make rows of what is pending. Sent after each delivery that makes a stream pending, and by beat."""
    end = time.monotonic() + TASK_SECONDS
    done = work_off(lambda: time.monotonic() >= end)
    # Nothing done means that others are at all of it: they say so themselves.
    if done.streams and time.monotonic() >= end and is_pending():
        hints.look()

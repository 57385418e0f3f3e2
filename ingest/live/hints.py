"""Telling a worker that something is pending. The message is a hint: without it beat finds the same work."""

from __future__ import annotations

import logging
import time

from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# After a failure nobody is told for a while: a broker that does not answer costs a second each time, and
# beat looks meanwhile.
SILENCE = 10.0
_silent_until = 0.0


def look() -> None:
    """Never raises: with the broker down the delivery waits until beat looks."""
    from ingest.tasks import process_pending

    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        process_pending.apply_async(retry=False)
    except (OperationalError, OSError, ValueError) as error:
        # ValueError: the embedded broker's own file, read while another process is writing it.
        _silent_until = time.monotonic() + SILENCE
        logger.warning("no worker could be told that events are pending, beat will look: %s", error)

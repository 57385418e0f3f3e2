"""Telling a worker that something is pending. The message is a hint: without it beat finds the same work."""

from __future__ import annotations

import logging

from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def look() -> None:
    """Never raises: with the broker down the delivery waits until beat looks."""
    from ingest.tasks import process_pending

    try:
        process_pending.apply_async(retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("no worker could be told that events are pending, beat will look: %s", error)

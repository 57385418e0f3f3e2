"""How long a worker stays with one run."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from celery import current_app

# Whoever waits there is told of at once by somebody who looks at a page, or by GitHub.
BEFORE_US = ("celery", "github")
# How often it is looked whether somebody waits, and for how long a message may stand there: one that a worker
# is about to take is none of our business.
LOOK_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Turn:
    """Over after so many seconds, or as soon as messages wait that all workers are too busy to take.

    Those may be deliveries: the backfills of many teams must not hold every worker for a minute.
    """

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        waits: Callable[[], bool] | None = None,
    ) -> None:
        self._clock = clock
        self._waits = waits or somebody_waits
        self._end = clock() + seconds
        self._looked = clock()
        self._waited = False

    def is_over(self) -> bool:
        now = self._clock()
        if now >= self._end:
            return True
        if now - self._looked < LOOK_SECONDS:
            return False
        self._looked = now
        before, self._waited = self._waited, self._waits()
        return before and self._waited


def somebody_waits() -> bool:
    """Whether messages that go first stand in the broker; False where it can't say."""
    try:
        with current_app.connection_for_read() as connection, connection.channel() as channel:
            return any(channel.queue_declare(name, passive=True).message_count for name in BEFORE_US)
    except Exception as error:  # each broker's client has errors of its own
        logger.debug("the broker does not say what waits: %s", error)
        return False

"""Telling a worker that something is pending. The message is a hint: without it beat finds the same work."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from django.conf import settings
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# After a failure nobody is told for a while: a broker that does not answer costs a second each time, and
# beat looks meanwhile.
SILENCE = 10.0
_silent_until = 0.0

# Between two messages of a process: a worker works off all that is pending, whoever told it.
PAUSE = 0.05

# Before a stream that somebody else held is looked for again. A delivery holds its stream for milliseconds, a
# chunk of a replay for seconds: sooner, workers would do nothing but look.
LATER = 1.0


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


class Messenger:
    """A thread that sends one message for everybody who asked since the last one, `delay` seconds after the
    first of them did.

    It belongs to one process: a server forks after it was imported.
    """

    def __init__(self, send: Callable[[], None], pause: float = PAUSE, delay: float = 0.0) -> None:
        self.process = os.getpid()
        self._look = send
        self._pause = pause
        self._delay = delay
        self._asked = threading.Event()
        threading.Thread(target=self._run, name="hints", daemon=True).start()

    def ask(self) -> None:
        self._asked.set()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            self._sleep(self._delay)
            self._asked.clear()
            try:
                self._look()
            except Exception:
                logger.exception("no worker was told that events are pending, beat will look")
            self._sleep(self._pause)

    def _sleep(self, seconds: float) -> None:
        time.sleep(seconds)


_messenger: Messenger | None = None
_later: Messenger | None = None
_starting = threading.Lock()


def look_soon() -> None:
    """`look`, without waiting for the broker. A process that ends before that loses the message only."""
    global _messenger
    if settings.CELERY_TASK_ALWAYS_EAGER:
        look()
        return
    with _starting:
        if _messenger is None or _messenger.process != os.getpid():
            _messenger = Messenger(look)
    _messenger.ask()


def look_later() -> None:
    """`look` in a while, once for all of this process who ask meanwhile. Nobody waits for it.

    Without a broker it is left to who looks next: a message would be a call inside the one that asks.
    """
    global _later
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return
    with _starting:
        if _later is None or _later.process != os.getpid():
            _later = Messenger(look, delay=LATER)
    _later.ask()

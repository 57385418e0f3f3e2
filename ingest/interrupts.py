"""Ctrl-C and SIGTERM, heard only where nothing is half done.

An exception out of a signal's handler in the middle of a statement leaves a database connection that can't
say any more that the run is paused. So a command hears of a signal while it waits for GitHub or sleeps; one
that comes in between is heard at the next wait. Who asks a second time is heard at once.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM, which would end the process without a word."""


class _Ears:
    def __init__(self) -> None:
        self.waiting = False
        self.asked: KeyboardInterrupt | None = None

    def hear(self, number: int, frame: FrameType | None) -> None:
        stop = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
        again, self.asked = self.asked is not None, stop
        if self.waiting or again:
            raise stop


# Signals are the main thread's, and so is this: a command's own.
_ears = _Ears()


@contextmanager
def heard_while_waiting() -> Iterator[None]:
    """Inside, both signals raise KeyboardInterrupt (SIGTERM: Terminated) in `waiting` and `stop_if_asked`."""
    if threading.current_thread() is not threading.main_thread():
        # Python handles signals in the main thread only.
        yield
        return
    before = {number: signal.signal(number, _ears.hear) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _ears.asked = None


@contextmanager
def waiting() -> Iterator[None]:
    """Around what waits and holds nothing: no transaction, no lock. Raises KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _ears.waiting = True
    try:
        stop_if_asked()
        yield
    finally:
        _ears.waiting = False


def stop_if_asked() -> None:
    """Raise what was asked for.

    Again and again: an exception that a handler raises inside a finalizer is swallowed there.
    """
    if _ears.asked is not None:
        raise _ears.asked


def exit_status(stop: KeyboardInterrupt) -> int:
    return 128 + (signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT)

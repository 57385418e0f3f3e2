"""Sleeping without losing a lease."""

from __future__ import annotations

import time
from collections.abc import Callable

from ingest.interrupts import waiting

from .lease import BEAT_SECONDS


def nap(seconds: float, beat: Callable[[], None], *, sleep: Callable[[float], None] = time.sleep) -> None:
    """`sleep`, with a heartbeat every few seconds. Raises what `beat` raises (LeaseLost)."""
    while seconds > 0:
        part = min(seconds, BEAT_SECONDS)
        with waiting():
            sleep(part)
        beat()
        seconds -= part

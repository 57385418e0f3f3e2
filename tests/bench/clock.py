"""Timing."""

from __future__ import annotations

import time
from collections.abc import Callable


def once(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start

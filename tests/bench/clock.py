"""Timing."""

from __future__ import annotations

import time
from collections.abc import Callable

# What is measured is measured so often; the median counts.
ROUNDS = 3


def once(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start

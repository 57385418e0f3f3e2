"""Processing without Python's search for cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Inside, nothing is searched for cycles; what was made is searched again once outside.

    A chunk's fold makes small objects by the hundred thousand, which stay until it is written and form no
    cycles. To look through them again and again made a replay slower (docs/performance.md).
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()

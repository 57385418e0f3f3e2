"""Who is told when a run changes its state: what must follow above `ingest` registers here when it is ready.

A listener is idempotent and is called inside the transaction of the change.
"""

from __future__ import annotations

from collections.abc import Callable

from ingest.models import Run

LISTENERS: list[Callable[[Run], None]] = []


def tell(run: Run) -> None:
    for listener in LISTENERS:
        listener(run)

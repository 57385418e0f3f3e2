"""While the demo's pages are served, work goes on at the stand-in, and its webhooks tell of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, cycle

from ingest.standin import Standin, World

_CHANGES = ("review", "push", "review", "title", "review", "merge")


@contextmanager
def happening(standin: Standin, every: int) -> Iterator[None]:
    """Something on each repository with a webhook every so many seconds, until the block ends; 0: nothing."""
    ended = threading.Event()

    def go_on() -> None:
        for turn, kind in zip(count(), cycle(_CHANGES), strict=False):
            if ended.wait(every):
                return
            for world in standin.worlds:
                if standin.hooks.of(world.repository.id):
                    happen(standin, world, turn, kind)

    if every:
        threading.Thread(target=go_on, name="happenings", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def happen(standin: Standin, world: World, turn: int, kind: str) -> None:
    """One change of an open pull request, now."""
    numbers = world.numbers("open")
    if not numbers:
        return
    number, at = numbers[turn % len(numbers)], max(standin.clock().replace(microsecond=0), world.time)
    changes = {
        "review": lambda: world.review(number, at=at),
        "push": lambda: world.push(number, at=at),
        "title": lambda: world.retitle(number, f"Second thoughts about #{number}", at=at),
        "merge": lambda: world.merge(number, at=at),
    }
    standin.happen(world, number, changes[kind])

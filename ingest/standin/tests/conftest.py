from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ingest.standin import Standin, World, running

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def world() -> World:
    return World.generate(now=NOW)


@pytest.fixture
def standin(world: World, clock: Clock) -> Iterator[Standin]:
    with running(world, clock=clock) as standin:
        yield standin

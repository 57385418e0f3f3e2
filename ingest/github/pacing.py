"""Keeping below the limits that one sees only after passing them."""

import time
from collections.abc import Callable
from math import ceil
from typing import Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

from ingest.github.answer import Answer
from ingest.github.errors import RateLimited

Resource = Literal["rest", "graphql"]

# "No more than 900 points per minute are allowed for REST API endpoints, and no more than 2,000 points per
# minute are allowed for the GraphQL API endpoint"; a GET is one point, and so is a query without a mutation
# (GitHub's documentation, "Rate limits for the REST API").
GITHUB_COM_POINTS: dict[Resource, float] = {"rest": 900.0, "graphql": 2000.0}

MICROSECONDS = 1_000_000
# A point that was given out is used within this time or not at all.
KEPT = 2
# From our "now" to GitHub's, which counts by when a request reaches it.
ON_THE_WAY = 1


class Pacing(Protocol):
    """What a client asks before each request, and tells of each answer."""

    @property
    def reserve(self) -> float:
        """The share of an hour's quota that it leaves to others."""

    def wait(self, resource: Resource) -> None:
        """Return when the next request may begin. Raises RateLimited where it may not for a long time."""

    def told(self, resource: Resource, answer: Answer) -> None:
        """An answer came that is no refusal for a limit."""

    def refused(self, resource: Resource, limit: RateLimited) -> None:
        """GitHub refused for a limit."""


class Pacer:
    """Lets at most `per_second` requests begin in a second, evenly spaced; None lets all through.

    For one thread that shares its token with nobody; see `shared_pacer` for the others.
    """

    reserve = 0.0

    def __init__(
        self,
        per_second: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if per_second is not None and per_second <= 0:
            raise ValueError("requests a second must be more than 0")
        self._interval = 0.0 if per_second is None else 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = float("-inf")

    def wait(self, resource: Resource = "rest") -> None:
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
            now = self._next
        self._next = now + self._interval

    def told(self, resource: Resource, answer: Answer) -> None:
        pass

    def refused(self, resource: Resource, limit: RateLimited) -> None:
        pass


class Pace(NamedTuple):
    """How points are given out so that no 60 seconds see more than a limit allows.

    One point each `interval` microseconds, and what was not taken may be caught up to `burst` points, up to
    `most` by people. Whoever asks much takes up to `block` at once.
    """

    interval: int
    block: int
    burst: int
    most: int

    @property
    def per_second(self) -> float:
        return MICROSECONDS / self.interval


def pace_of(points_a_minute: float) -> Pace:
    """For at most so many points in any 60 seconds.

    What is used in 60 seconds was given out in a little more, and the most that may be caught up comes
    on top.
    """
    if points_a_minute <= 0:
        raise ValueError("points a minute must be more than 0")
    block = max(1, int(points_a_minute / 90))
    burst, most = (2 * block, 3 * block) if points_a_minute >= 30 else (1, 1)
    span = 60 + KEPT + ON_THE_WAY
    steady = points_a_minute - most if points_a_minute > most else points_a_minute
    return Pace(ceil(span / steady * MICROSECONDS), block, burst, most)


def points_a_minute(base_url: str, resource: Resource) -> float | None:
    """What is allowed at this address; None (no pace) on Enterprise Server.

    Enterprise Server has no secondary limits unless its administrator sets some.
    """
    host = urlsplit(base_url).hostname or ""
    in_cloud = host == "api.github.com" or (host.startswith("api.") and host.endswith(".ghe.com"))
    return GITHUB_COM_POINTS[resource] if in_cloud else None


def requests_per_second(base_url: str) -> float | None:
    """The same for REST and one client alone."""
    points = points_a_minute(base_url, "rest")
    return None if points is None else points / 60

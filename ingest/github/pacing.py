"""Keeping below the limit that one sees only after passing it."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

# "No more than 900 points per minute are allowed for REST API endpoints", and a GET is one point
# (GitHub's documentation, "Rate limits for the REST API").
GITHUB_COM_PER_SECOND = 15.0


class Pacer:
    """Lets at most `per_second` requests begin in a second, evenly spaced; None lets all through.

    For one thread. Clients that use the same token share one pacer, because GitHub counts by user.
    """

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

    def wait(self) -> None:
        """Return when the next request may begin."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
            now = self._next
        self._next = now + self._interval


def requests_per_second(base_url: str) -> float | None:
    """What is allowed at this address: 15 on github.com, None (no pace) on Enterprise Server.

    Enterprise Server has no secondary limits unless its administrator sets some.
    """
    host = urlsplit(base_url).hostname or ""
    in_cloud = host == "api.github.com" or (host.startswith("api.") and host.endswith(".ghe.com"))
    return GITHUB_COM_PER_SECOND if in_cloud else None

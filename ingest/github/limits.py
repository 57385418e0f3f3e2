"""GitHub's limits: what an answer says of the quota, and until when a refusal lasts.

Read in GitHub's documentation, "Rate limits for the REST API": an exceeded limit is 403 or 429. With
`Retry-After` wait that long; with `x-ratelimit-remaining: 0` wait until `x-ratelimit-reset` (seconds since
1970); otherwise at least a minute, and longer each time. Going on meanwhile can get an integration banned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST_WAIT = timedelta(seconds=1)
SECONDARY_WAIT = timedelta(seconds=60)
LONGEST_SECONDARY_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """The quota after one answer, in requests an hour. `reset`: by GitHub's clock, None if unreadable."""

    limit: int
    remaining: int
    used: int
    reset: datetime | None
    resource: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that is reached: ask again after `wait`."""

    wait: timedelta
    secondary: bool


def read_rate(headers: Mapping[str, str]) -> Rate | None:
    """The quota in an answer's headers (case-insensitive); None on Enterprise Server with limits off."""
    limit = _number(headers.get("x-ratelimit-limit"))
    remaining = _number(headers.get("x-ratelimit-remaining"))
    if limit is None or remaining is None:
        return None
    used = _number(headers.get("x-ratelimit-used"))
    return Rate(
        limit=limit,
        remaining=remaining,
        used=limit - remaining if used is None else used,
        reset=_instant(headers.get("x-ratelimit-reset")),
        resource=headers.get("x-ratelimit-resource", "core"),
    )


def read_limit(
    status: int, headers: Mapping[str, str], message: str, *, now: datetime, repeats: int
) -> Limit | None:
    """The limit that a refusal names, None if it names none.

    `message` is GitHub's own, `now` the answer's `Date` (or our time), `repeats` how many secondary limits
    came in a row before this one.
    """
    if status not in (403, 429):
        return None
    words = message.lower()
    named = "secondary rate limit" in words or "abuse detection" in words
    exhausted = headers.get("x-ratelimit-remaining") == "0"
    retry_after = _retry_after(headers.get("retry-after"), now)
    if retry_after is None and not exhausted and not named and status != 429:
        return None

    waits = [SHORTEST_WAIT]
    reset = _instant(headers.get("x-ratelimit-reset")) if exhausted else None
    if reset is not None:
        # `Date` and the reset are whole seconds: without one more, the first request comes too early.
        waits.append(reset - now + timedelta(seconds=1))
    if retry_after is not None:
        waits.append(retry_after)
    if reset is None and retry_after is None:
        waits.append(min(SECONDARY_WAIT * 2 ** min(repeats, 10), LONGEST_SECONDARY_WAIT))
    return Limit(wait=max(waits), secondary=named or retry_after is not None or not exhausted)


def read_date(text: str | None) -> datetime | None:
    """An HTTP date as an aware datetime in UTC, None where there is none or it cannot be read."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _retry_after(text: str | None, now: datetime) -> timedelta | None:
    """GitHub sends seconds; HTTP allows a date as well, and proxies before Enterprise Server use it."""
    seconds = _number(text)
    if seconds is not None:
        return timedelta(seconds=min(seconds, 86_400))
    moment = read_date(text)
    return None if moment is None else moment - now


def _number(text: str | None) -> int | None:
    if text is None or not text.strip().isdecimal():
        return None
    return int(text)


def _instant(text: str | None) -> datetime | None:
    seconds = _number(text)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None

"""Which API a backfill asks: what either would take, against what is left of its quota."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from ingest.github.answer import Answer
from ingest.github.client import PER_PAGE
from ingest.github.errors import (
    Forbidden,
    NotFoundOrNoPermission,
    QueryTooLarge,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from ingest.github.limits import Rate
from ingest.models import Visit

from .fetcher import GRAPHQL, REST
from .graphql import queries
from .window import Window
from .work import Work

# REST: detail, reviews, commits; a pull request with more than 100 of either takes one more for each further
# page.
EACH = 3
# The repository, and the front of the list once more.
OVERHEAD = 2
# How long GitHub works on one pull request of a query, as a guess.
SECONDS_OF_A_PULL = 0.04
HOUR = 3600.0
# What changed in less is little, and lists that did not change are free by REST.
LITTLE = timedelta(days=2)
NAMES = {REST: "REST", GRAPHQL: "GraphQL"}
NOT_TO_BE_HAD = (Forbidden, NotFoundOrNoPermission, QueryTooLarge, Unavailable, UnexpectedAnswer)


@dataclass(frozen=True)
class Estimate:
    """What a backfill takes by one API. `points`: of its quota. `rate`: the quota now, None where there is
    none or it isn't known. `problem`: why it can't be used; then the figures are 0."""

    api: str
    requests: int = 0
    points: int = 0
    seconds: float = 0.0
    rate: Rate | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        return NAMES[self.api]

    @property
    def waits(self) -> bool:
        return self.rate is not None and self.points > self.rate.remaining

    @property
    def share(self) -> float:
        """Of an hour's quota; on a host without limits requests tell two APIs apart as well."""
        limit = self.rate.limit if self.rate and self.rate.limit else 5000
        return self.points / limit

    def as_json(self) -> dict[str, Any]:
        if self.problem:
            return {"available": False, "problem": self.problem}
        left = None if self.rate is None else max(0, self.rate.remaining - self.points)
        return {
            "available": True,
            "requests": self.requests,
            "points": self.points,
            "minutes": round(self.seconds / 60, 1),
            "quota": self.rate.remaining if self.rate else None,
            "quota_limit": self.rate.limit if self.rate else None,
            "quota_left": left,
        }

    def __str__(self) -> str:
        quota = f" of {self.rate.remaining:,} left" if self.rate else ""
        return f"{self.name} about {self.requests:,} requests and {self.points:,} points{quota}"


@dataclass(frozen=True)
class Choice:
    """`reason` as one sentence for people."""

    api: str
    reason: str


def by_rest(new: int, pages: int, each: float, rate: Rate | None, now: datetime | None) -> Estimate:
    """`new` pull requests to fetch, `pages` of lists of 100; a request takes `each` seconds."""
    requests = OVERHEAD + pages + EACH * new
    return Estimate(REST, requests, requests, duration(requests, requests * each, rate, now), rate)


def by_graphql(
    new: int, pages: int, known: bool, each: float, rate: Rate | None, now: datetime | None
) -> Estimate:
    """`known`: whether the log has pull requests already, so that the lists are read by numbers first."""
    batches = ceil(new / queries.PULLS)
    requests = OVERHEAD + batches + (pages if known else 0)
    points = requests - batches + batches * points_of(min(new, queries.PULLS))
    work = requests * each + new * SECONDS_OF_A_PULL
    return Estimate(GRAPHQL, requests, points, duration(points, work, rate, now), rate)


def points_of(pulls: int) -> int:
    """Of a query for so many: a point for a hundred lists, see `graphql.queries`."""
    return max(1, round((1 + pulls * (4 + queries.COMMITS)) / 100))


def duration(points: int, work: float, rate: Rate | None, now: datetime | None) -> float:
    """Seconds for so many points and `work` seconds of asking, waits for quota included. `now`: GitHub's."""
    if rate is None or rate.limit == 0 or points <= rate.remaining:
        return work
    until_reset = HOUR
    if rate.reset is not None and now is not None:
        until_reset = max(0.0, (rate.reset - now).total_seconds())
    left = points - rate.remaining
    full_hours = ceil(left / rate.limit) - 1
    last = work * (left - full_hours * rate.limit) / points
    return max(work, until_reset + full_hours * HOUR + last)


def choose(rest: Estimate, graphql: Estimate) -> Choice:
    """The one that need not wait for its quota; of two alike, the one that takes less of its own."""
    if graphql.problem:
        return Choice(REST, f"REST, since GraphQL is not to be had: {graphql.problem}")
    told = f"{graphql}, {rest}"
    if rest.waits != graphql.waits:
        better, other = (rest, graphql) if graphql.waits else (graphql, rest)
        why = f"{NAMES[better.api]}, since the quota of {NAMES[other.api]} does not last"
        return Choice(better.api, f"{why}: {told}.")
    if rest.waits:
        better = min((graphql, rest), key=lambda estimate: estimate.seconds)
        return Choice(better.api, f"{NAMES[better.api]}, since it has to wait less for its quota: {told}.")
    better = min((graphql, rest), key=lambda estimate: estimate.share)
    return Choice(better.api, f"{NAMES[better.api]}, since it takes less of its quota: {told}.")


@dataclass(frozen=True)
class Probe:
    """What one query told: `problem` where GraphQL can't be used; `pulls` in the window, if asked for."""

    rate: Rate | None = None
    pulls: int = 0
    problem: str = ""


def probe(ask: Callable[[str, dict[str, Any]], Answer], full_name: str, cutoff: datetime | None) -> Probe:
    """Ask whether GraphQL is to be had, what is left of its quota, and how many pull requests there are.

    One request. Raises a GitHubError that is about more than GraphQL.
    """
    query = queries.counts(full_name, cutoff)
    try:
        answer = ask(query.text, query.variables)
    except RateLimited as limit:
        if limit.secondary:
            raise
        reset = limit.reset_at
        return Probe(problem=f"its quota is used up until {reset:%Y-%m-%d %H:%M} UTC.")
    except NOT_TO_BE_HAD as error:
        return Probe(problem=str(error))
    value: Any = answer.json()
    try:
        data = value["data"]
        if cutoff is None:
            pulls = int(data["repository"]["pullRequests"]["totalCount"])
        else:
            pulls = int(data["recent"]["issueCount"]) + int(data["older"]["issueCount"])
    except (KeyError, TypeError, ValueError):
        return Probe(problem="it answered with something other than counts.")
    return Probe(answer.rate, pulls)


def less(rate: Rate | None, reserve: float) -> Rate | None:
    """The quota without what is left to others."""
    if rate is None:
        return None
    return replace(rate, remaining=max(0, rate.remaining - int(rate.limit * reserve)))


def given(api: str) -> Choice:
    return Choice(api, f"{NAMES[api]}, as it was asked for.")


def choose_for(work: Work, window: Window, started_at: datetime) -> Choice:
    """The API of a run that begins and was told `auto`. Asks once, or not at all. Raises a GitHubError."""
    cutoff = window.cutoff(started_at)
    if window.since is not None and started_at - window.since <= LITTLE:
        since = f"{window.since:%Y-%m-%d %H:%M} UTC"
        return Choice(REST, f"REST, since little can have changed since {since}, and what did not is free.")
    found = probe(work.ask, work.place.full_name, cutoff)
    if found.problem:
        return choose(Estimate(REST), Estimate(GRAPHQL, problem=found.problem))
    # How many of them are unchanged only the lists tell.
    known = Visit.for_team(work.team).filter(stream__repository_id=work.place.id).count()
    new, pages = max(0, found.pulls - known), ceil(found.pulls / PER_PAGE)
    rest, graphql = (less(rate, work.client.reserve) for rate in (work.rates.get("core"), found.rate))
    return choose(
        by_rest(new, pages, 0.0, rest, started_at),
        by_graphql(new, pages, known > 0, 0.0, graphql, started_at),
    )

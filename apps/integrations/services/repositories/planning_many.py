"""What the backfills of many repositories would take together, counted cheaply before any begins."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple

from django.db.models import Count
from django.utils import timezone

from ingest.backfill.choosing import (
    NOT_TO_BE_HAD,
    Choice,
    Estimate,
    by_graphql,
    by_rest,
    choose,
    duration,
    less,
)
from ingest.backfill.fetcher import GRAPHQL, REST
from ingest.backfill.graphql import queries
from ingest.backfill.window import Window
from ingest.github.answer import Answer
from ingest.github.client import PER_PAGE, GitHubClient
from ingest.github.errors import QueryTooLarge
from ingest.github.limits import Rate
from ingest.models import Visit

# Of how many repositories one query counts the pull requests: two searches each, or one list for all of them.
SEARCHED, LISTED = 15, 50


class Wanted(NamedTuple):
    github_repo_id: int
    full_name: str


@dataclass(frozen=True)
class PlanOfMany:
    """`counted` of `repositories` were counted before the time was up; the rest is reckoned by their mean.

    `unseen`: names that GitHub does not show to this token. `problem`: why nothing could be counted; then
    there are no figures. `unchanged`: of `pull_requests`, those that earlier backfills fetched.
    """

    repositories: int
    counted: int = 0
    pull_requests: int = 0
    unchanged: int = 0
    unseen: list[str] = field(default_factory=list)
    estimates: list[Estimate] = field(default_factory=list)
    choice: Choice | None = None
    asked: int = 0
    problem: str = ""

    @property
    def chosen(self) -> Estimate | None:
        return next((one for one in self.estimates if self.choice and one.api == self.choice.api), None)

    @property
    def minutes(self) -> float:
        return round(self.chosen.seconds / 60, 1) if self.chosen else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "repositories": self.repositories,
            "counted": self.counted,
            "pull_requests": self.pull_requests,
            "unchanged": self.unchanged,
            "unseen": self.unseen,
            "api": self.choice.api if self.choice else None,
            "api_reason": self.choice.reason if self.choice else None,
            **(self.chosen.as_json() if self.chosen else {}),
            "apis": {one.api: one.as_json() for one in self.estimates},
            "asked": self.asked,
            "problem": self.problem or None,
        }


def plan_many(
    client: GitHubClient,
    wanted: Sequence[Wanted],
    window: Window,
    *,
    team_id: int | None,
    per_second: float | None,
    reserve: float = 0.0,
    patience: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> PlanOfMany:
    """`per_second`: the pace by REST, None for none. `reserve`: the share of the quota left to others.
    `patience`: seconds, after which what was not counted is reckoned. Raises a GitHubError."""
    counting = _Counting(client, window, patience, clock)
    try:
        counting.go(wanted)
    except NOT_TO_BE_HAD as error:
        return PlanOfMany(len(wanted), asked=counting.asked, problem=str(error))
    found, seen = counting.found, len(counting.found)
    if not found:
        return PlanOfMany(len(wanted), unseen=counting.unseen, asked=counting.asked)
    known = _known(team_id, found)
    more = (len(wanted) - len(counting.unseen)) / seen
    pulls = round(sum(found.values()) * more)
    same = round(sum(min(count, known.get(key, 0)) for key, count in found.items()) * more)
    sums = [_summed(api, found, known, more) for api in (REST, GRAPHQL)]
    rest_rate, now = counting.rest_rate(), counting.now
    each = 1 / per_second if per_second else 0.0
    rest = _timed(sums[0], less(rest_rate, reserve), max(each, counting.quickest), now)
    graphql = _timed(sums[1], less(counting.rate, reserve), counting.quickest, now)
    return PlanOfMany(
        len(wanted),
        seen,
        pulls,
        same,
        counting.unseen,
        [rest, graphql],
        choose(rest, graphql),
        counting.asked,
    )


class _Counting:
    def __init__(
        self, client: GitHubClient, window: Window, patience: float | None, clock: Callable[[], float]
    ) -> None:
        self.client = client
        self.asked = 0
        self.found: dict[int, int] = {}
        self.unseen: list[str] = []
        self.rate: Rate | None = None
        self.now: datetime | None = None
        self.quickest = 0.0
        self._cutoff = window.cutoff(timezone.now())
        self._clock = clock
        self._end = None if patience is None else clock() + patience

    def go(self, wanted: Sequence[Wanted]) -> None:
        """Raises a GitHubError."""
        at_once = LISTED if self._cutoff is None else SEARCHED
        begin = 0
        while begin < len(wanted):
            if self._end is not None and self._clock() > self._end:
                return
            part = wanted[begin : begin + at_once]
            try:
                self._count(part)
            except QueryTooLarge:
                if at_once == 1:
                    raise
                at_once = max(1, at_once // 2)
                continue
            begin += len(part)

    def rest_rate(self) -> Rate | None:
        """GitHub tells it for nothing."""
        self.asked += 1
        started = self._clock()
        rate = self.client.get("rate_limit").rate
        spent = self._clock() - started
        self.quickest = min(self.quickest, spent) if self.quickest else spent
        return rate

    def _count(self, part: Sequence[Wanted]) -> None:
        self.asked += 1
        query = queries.counts_of_many([one.full_name for one in part], self._cutoff)
        answer = self.client.graphql(query.text, query.variables)
        self.rate, self.now = answer.rate or self.rate, answer.date
        for one, count in _read(answer, part, self._cutoff):
            if count is None:
                self.unseen.append(one.full_name)
            else:
                self.found[one.github_repo_id] = count


def _read(
    answer: Answer, part: Sequence[Wanted], cutoff: datetime | None
) -> Iterable[tuple[Wanted, int | None]]:
    """None: GitHub does not show it, or not all of it."""
    value: Any = answer.json()
    data: Any = value.get("data") if isinstance(value, dict) else None
    for i, one in enumerate(part):
        try:
            place = data[f"r{i}"]
            if cutoff is None:
                count = int(place["pullRequests"]["totalCount"])
            else:
                count = int(place is not None and data[f"a{i}"]["issueCount"] + data[f"b{i}"]["issueCount"])
            yield one, count if place is not None else None
        except (KeyError, TypeError, ValueError):
            yield one, None


def _known(team_id: int | None, found: dict[int, int]) -> dict[int, int]:
    """How many pull requests of each the log has whole: most of them will be unchanged."""
    if team_id is None:
        return {}
    rows = Visit.objects.filter(stream__team=team_id, stream__repository_id__in=list(found))
    return dict(rows.values_list("stream__repository_id").annotate(Count("pk")))


def _summed(api: str, found: dict[int, int], known: dict[int, int], more: float) -> Estimate:
    requests = points = 0
    seconds = 0.0
    for key, count in found.items():
        new, pages = max(0, count - known.get(key, 0)), ceil(count / PER_PAGE)
        one = (
            by_rest(new, pages, 0.0, None, None)
            if api == REST
            else by_graphql(new, pages, key in known, 0.0, None, None)
        )
        requests, points, seconds = requests + one.requests, points + one.points, seconds + one.seconds
    return Estimate(api, round(requests * more), round(points * more), seconds * more)


def _timed(estimate: Estimate, rate: Rate | None, each: float, now: datetime | None) -> Estimate:
    work = estimate.seconds + estimate.requests * each
    return replace(estimate, seconds=duration(estimate.points, work, rate, now), rate=rate)

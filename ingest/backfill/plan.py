"""What a backfill would take, before it starts: read from the lists alone, with nothing stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone
from requests.utils import parse_header_links

from ingest.github.answer import Answer
from ingest.github.client import PER_PAGE, GitHubClient
from ingest.github.limits import Rate

from .choosing import Choice, Estimate, by_graphql, by_rest, choose, given, less, probe
from .fetcher import AUTO, GRAPHQL, REST
from .items import Pull, cut, read_pull
from .repository import Repository
from .rounds import ALL, OPEN, PARAMETERS, UPDATED
from .visits import is_unchanged, visits
from .window import Window

FIGURES = ("requests", "points", "minutes", "quota", "quota_limit", "quota_left")


@dataclass
class Plan:
    """What a backfill takes by either API, and which one `auto` asks.

    `unchanged`: of `pull_requests`, those that the log has whole; None where that was not counted.
    `asked`: requests that the plan itself took. `graphql`: None where REST was asked for.
    """

    repository: Repository
    pull_requests: int
    unchanged: int | None
    asked: int
    rest: Estimate
    graphql: Estimate | None
    choice: Choice

    @property
    def chosen(self) -> Estimate:
        return self.graphql if self.choice.api == GRAPHQL and self.graphql else self.rest

    @property
    def estimates(self) -> list[Estimate]:
        return [self.rest, self.graphql] if self.graphql else [self.rest]

    @property
    def requests(self) -> int:
        return self.chosen.requests

    @property
    def rate(self) -> Rate | None:
        return self.chosen.rate

    def as_json(self) -> dict[str, Any]:
        """Figures without a name are those of the API that is chosen."""
        chosen = self.chosen.as_json()
        return {
            "repository": self.repository.full_name,
            "github_repo_id": self.repository.id,
            "pull_requests": self.pull_requests,
            "unchanged": self.unchanged,
            "api": self.choice.api,
            "api_reason": self.choice.reason,
            **{name: chosen.get(name) for name in FIGURES},
            "apis": {estimate.api: estimate.as_json() for estimate in self.estimates},
            "asked": self.asked,
        }


class Planning:
    """`team_id`: None for a team that isn't there yet. `per_second`: the pace by REST, None for none.
    `reserve`: the share of an hour's quota that is left to others.
    """

    def __init__(
        self,
        client: GitHubClient,
        repository: Repository,
        *,
        team_id: int | None,
        per_second: float | None,
        reserve: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self.repository = repository
        self._team_id = team_id
        self._least = 1 / per_second if per_second else 0.0
        self._reserve = reserve
        self._clock = clock
        self._asked = 0
        self._spent = 0.0
        self._last: Answer | None = None

    def plan(self, window: Window, api: str = AUTO) -> Plan:
        """Raises a GitHubError."""
        cutoff = window.cutoff(self.repository.asked_at or timezone.now())
        if cutoff is None:
            total, same = self._count_all(), None
            pages = ceil(total / PER_PAGE)
        else:
            total, same, pages = self._count_since(cutoff)
        rate = self._last.rate if self._last else None
        now = self._last.date if self._last else None
        new = total - (same or 0)
        measured = self._spent / max(1, self._asked)
        rest = by_rest(new, pages, max(self._least, measured), less(rate, self._reserve), now)
        if api == REST:
            return Plan(self.repository, total, same, self._asked, rest, None, given(REST))
        found = probe(self._ask, self.repository.full_name, cutoff)
        if found.problem:
            graphql = Estimate(GRAPHQL, problem=found.problem)
        else:
            quota = less(found.rate, self._reserve)
            graphql = by_graphql(new, pages, total > new, measured, quota, now)
        choice = given(GRAPHQL) if api == GRAPHQL else choose(rest, graphql)
        return Plan(self.repository, total, same, self._asked, rest, graphql, choice)

    def _ask(self, query: str, variables: dict[str, Any]) -> Answer:
        self._asked += 1
        return self.client.graphql(query, variables)

    def _count_all(self) -> int:
        """One row a page: the number of the last page is the number of rows."""
        page = next(iter(self._pages({**PARAMETERS[ALL], "per_page": 1})))
        return last_page(page) or len(cut(page))

    def _count_since(self, cutoff: datetime) -> tuple[int, int, int]:
        total, same, pages = 0, 0, 0
        for page in self._pages(PARAMETERS[UPDATED]):
            rows = _pulls(page)
            wanted = [pull for pull in rows if pull.updated_at is None or pull.updated_at >= cutoff]
            total, same, pages = total + len(wanted), same + self._unchanged(wanted), pages + 1
            if len(wanted) < len(rows):
                break
        for page in self._pages(PARAMETERS[OPEN]):
            rows = _pulls(page)
            old = [pull for pull in rows if pull.updated_at is not None and pull.updated_at < cutoff]
            total, same, pages = total + len(old), same + self._unchanged(old), pages + 1
            if len(old) < len(rows):
                break
        return total, same, pages

    def _unchanged(self, pulls: Iterable[Pull]) -> int:
        if self._team_id is None:
            return 0
        listed = {pull.number: pull for pull in pulls}
        known = visits(self._team_id, self.repository.id, listed)
        return sum(is_unchanged(visit, listed[number]) for number, visit in known.items())

    def _pages(self, params: dict[str, Any]) -> Iterable[Answer]:
        pages = self.client.pages(f"repos/{self.repository.full_name}/pulls", params)
        while True:
            started = self._clock()
            page = next(pages, None)
            if page is None:
                return
            self._spent += self._clock() - started
            self._asked += 1
            self._last = page
            yield page


def last_page(answer: Answer) -> int | None:
    """The number of the last page, None where this is it."""
    for link in parse_header_links(answer.headers.get("Link", "")):
        if link.get("rel") == "last":
            number = parse_qs(urlsplit(link["url"]).query).get("page", [""])[0]
            return int(number) if number.isdecimal() else None
    return None


def _pulls(page: Answer) -> list[Pull]:
    return [pull for pull in map(read_pull, cut(page)) if pull is not None]

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

from .items import Pull, cut, read_pull
from .repository import Repository
from .rounds import ALL, OPEN, PARAMETERS, UPDATED
from .visits import is_unchanged, visits
from .window import Window

# Detail, reviews, commits; a pull request with more than 100 of either takes one more for each further page.
EACH = 3
# The repository, and the front of the list once more.
OVERHEAD = 2
HOUR = 3600.0


@dataclass
class Plan:
    """`requests` and `seconds` are what the backfill will take; `asked` is what the plan itself took.

    `unchanged`: of `pull_requests`, those that the log has whole; None where that was not counted.
    `rate`: the quota now, None on a host without limits.
    """

    repository: Repository
    pull_requests: int
    unchanged: int | None
    requests: int
    seconds: float
    asked: int
    rate: Rate | None

    def as_json(self) -> dict[str, Any]:
        left = None if self.rate is None else max(0, self.rate.remaining - self.requests)
        return {
            "repository": self.repository.full_name,
            "github_repo_id": self.repository.id,
            "pull_requests": self.pull_requests,
            "unchanged": self.unchanged,
            "requests": self.requests,
            "minutes": round(self.seconds / 60, 1),
            "quota": self.rate.remaining if self.rate else None,
            "quota_limit": self.rate.limit if self.rate else None,
            "quota_left": left,
            "asked": self.asked,
        }


class Planning:
    """`team_id`: None for a team that isn't there yet. `per_second`: the pace, None for none."""

    def __init__(
        self,
        client: GitHubClient,
        repository: Repository,
        *,
        team_id: int | None,
        per_second: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self.repository = repository
        self._team_id = team_id
        self._least = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._asked = 0
        self._spent = 0.0
        self._last: Answer | None = None

    def plan(self, window: Window) -> Plan:
        """Raises a GitHubError."""
        cutoff = window.cutoff(self.repository.asked_at or timezone.now())
        if cutoff is None:
            total, same = self._count_all(), None
            pages = ceil(total / PER_PAGE)
        else:
            total, same, pages = self._count_since(cutoff)
        requests = OVERHEAD + pages + EACH * (total - (same or 0))
        rate = self._last.rate if self._last else None
        each = max(self._least, self._spent / max(1, self._asked))
        seconds = duration(requests, each, rate, self._last.date if self._last else None)
        return Plan(self.repository, total, same, requests, seconds, self._asked, rate)

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


def duration(requests: int, each: float, rate: Rate | None, now: datetime | None) -> float:
    """Seconds for so many requests of `each` seconds, waits for quota included. `now`: by GitHub's clock."""
    work = requests * each
    if rate is None or rate.limit == 0 or requests <= rate.remaining:
        return work
    until_reset = HOUR
    if rate.reset is not None and now is not None:
        until_reset = max(0.0, (rate.reset - now).total_seconds())
    left = requests - rate.remaining
    full_hours = ceil(left / rate.limit) - 1
    return max(work, until_reset + full_hours * HOUR + (left - full_hours * rate.limit) * each)


def last_page(answer: Answer) -> int | None:
    """The number of the last page, None where this is it."""
    for link in parse_header_links(answer.headers.get("Link", "")):
        if link.get("rel") == "last":
            number = parse_qs(urlsplit(link["url"]).query).get("page", [""])[0]
            return int(number) if number.isdecimal() else None
    return None


def _pulls(page: Answer) -> list[Pull]:
    return [pull for pull in map(read_pull, cut(page)) if pull is not None]

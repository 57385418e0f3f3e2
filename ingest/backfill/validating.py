"""Asking only for what changed: of the rest GitHub says "not modified", which costs no quota.

A 304 must never hide what the log lacks. So a validator is

- written in the transaction that stores the answer's items, and gone in the one that deletes any of them;
- not written for a list's last page that is full: whether GitHub's ETag tells that there is a next page by
  now is not documented; nor for an address that its index may not hold;
- not used where the log learnt something else of its pull requests since. Then the same answer is news (A, B,
  A are three events), and the log decides;
- not used for rows that another window left out (`usable`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max, Q

from ingest.github import client as github
from ingest.github.answer import Answer
from ingest.github.client import Params
from ingest.github.errors import UnexpectedAnswer
from ingest.github.paging import walk
from ingest.log import instants
from ingest.models import RawGitHubEvent, Validator

from .work import Work

Facts = dict[str, Any]
REST = RawGitHubEvent.Source.REST
# An entry of PostgreSQL's index holds 2,704 bytes, and a character has up to four. GitHub's have some 100.
LONGEST_URL = 600


class Page(NamedTuple):
    """An answer of status 200 that is to be stored, or a 304 with the `facts` that were kept of it."""

    answer: Answer
    facts: Facts | None
    url: str
    next_url: str | None


class Stored(NamedTuple):
    """What of an answer goes into the log, and what its validator keeps.

    `numbers`: the pull requests that it is about. `rows`: how many the answer has. `facts`: None where it
    can't be read, so that nothing is known of it.
    """

    bodies: Sequence[bytes]
    event_type: str
    endpoint: str
    numbers: Sequence[int]
    rows: int
    facts: Facts | None


class Validating:
    """The answers to a run's requests by REST, those that did not change included."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._token = work.client.fingerprint()
        # A run visits a pull request once, so there is nothing to look for then.
        self._is_first = not self._mine().filter(url__contains="/pulls").exists()

    def get(
        self,
        path_or_url: str,
        endpoint: str,
        numbers: Sequence[int] | None = None,
        usable: Callable[[Facts], bool] = lambda facts: True,
    ) -> Page:
        """`numbers`: None where the validator's facts name them. Raises a GitHubError."""
        known = self._find(path_or_url, endpoint, numbers, usable)
        answer = self.work.get(path_or_url, known.etag if known else None)
        if answer.status != 304:
            return Page(answer, None, path_or_url, answer.next_url)
        if known is None:
            raise UnexpectedAnswer(
                f"GitHub answered {answer.url} with 304 without having been asked for changes.",
                url=answer.url,
                status=answer.status,
                request_id=answer.request_id,
            )
        return Page(answer, known.facts, path_or_url, answer.next_url or known.next_url or None)

    def pages(
        self,
        path_or_url: str,
        endpoint: str,
        params: Params | None = None,
        numbers: Sequence[int] | None = None,
        usable: Callable[[Facts], bool] = lambda facts: True,
    ) -> Iterator[Page]:
        """The pages of a list, as `GitHubClient.pages` gives them. Raises a GitHubError."""
        first = self.work.client.list_url(path_or_url, params)
        return walk(first, lambda url: self.get(url, endpoint, numbers, usable))

    def store(
        self, page: Page, stored: Stored, *, number: int | None = None, truncated: bool = False
    ) -> None:
        """The items of an answer into the log, with its validator."""
        with transaction.atomic():
            self.work.store(
                page.answer,
                stored.bodies,
                stored.event_type,
                stored.endpoint,
                number=number,
                truncated=truncated,
            )
            self._keep(page, stored)

    def repository(self, path: str) -> Answer:
        """The repository, for `repository.find_again`: of its answer all is kept that is read there."""
        page = self.get(path, "repository", [])
        if page.facts is not None:
            return replace(page.answer, status=200, body=json.dumps(page.facts).encode())
        value = page.answer.json()
        owner = value.get("owner") if isinstance(value, dict) else None
        if isinstance(owner, dict):
            facts: Facts = {"id": value.get("id"), "full_name": value.get("full_name")}
            facts["owner"] = {"id": owner.get("id"), "login": owner.get("login")}
            with self.work.lease.held():
                self._keep(page, Stored([], "", "repository", [], 1, facts))
        return page.answer

    def _find(
        self,
        url: str,
        endpoint: str,
        numbers: Sequence[int] | None,
        usable: Callable[[Facts], bool],
    ) -> Validator | None:
        if numbers and self._is_first:
            return None
        found = self._of(url).filter(token=self._token).first()
        if found is None or not usable(found.facts):
            return None
        about = found.facts["numbers"] if numbers is None else numbers
        # Fetched from elsewhere by REST is no other version of these items (`log.duplicates`).
        unlike = Q(source=REST) & ~Q(endpoint=endpoint)
        changed = self._events(about).filter(id__gt=found.event_id).exclude(unlike)
        return None if about and changed.exists() else found

    def _keep(self, page: Page, stored: Stored) -> None:
        """Under the locks of the streams that were stored to, so that no event of theirs is on its way."""
        etag = page.answer.etag
        if not etag or not self._can_be_kept(page, stored):
            self._of(page.url).delete()
            return
        newest: int = RawGitHubEvent.objects.aggregate(newest=Max("id"))["newest"] or 0
        row = Validator(
            team=self.work.team,
            repository_id=self.work.run.github_repo_id or 0,
            url=page.url,
            token=self._token,
            etag=etag,
            next_url=page.next_url or "",
            facts=stored.facts,
            event_id=newest,
        )
        Validator.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["team", "repository_id", "url"],
            update_fields=["token", "etag", "next_url", "facts", "event_id"],
        )

    def _can_be_kept(self, page: Page, stored: Stored) -> bool:
        answer = page.answer
        if answer.date is None or stored.facts is None or len(page.url) > LONGEST_URL:
            return False
        if page.next_url is None and stored.rows >= github.PER_PAGE:
            return False
        # A delivery of the very second: it wins over this answer, until the next one is stored as an event.
        later = self._events(stored.numbers).filter(instant__gt=instants.of_time(answer.date))
        return not (stored.numbers and later.exclude(source=REST).exists())

    def _of(self, url: str) -> Any:
        return self._mine().filter(url=url)

    def _mine(self) -> Any:
        return Validator.for_team(self.work.team).filter(repository_id=self.work.run.github_repo_id or 0)

    def _events(self, numbers: Sequence[int]) -> Any:
        """The events of these pull requests' streams."""
        mine = RawGitHubEvent.for_team(self.work.team)
        return mine.filter(repository_id=self.work.run.github_repo_id or 0, number__in=numbers)

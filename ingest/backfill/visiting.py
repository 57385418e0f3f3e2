"""One pull request: its detail, its reviews, its commits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from ingest.github.answer import Answer
from ingest.github.errors import Blocked, Disabled, EmptyRepository, NotFoundOrNoPermission, UnexpectedAnswer
from ingest.models import Stream, Visit

from .items import Pull, cut, read_pull
from .repository import find_again
from .visits import is_unchanged, visits
from .work import Work

T = TypeVar("T")

# GitHub lists no more commits of one pull request (documentation of "List commits on a pull request").
COMMITS_LISTED = 250
# GitHub's final word on one pull request: asking again gives the same.
REFUSALS = (NotFoundOrNoPermission, Disabled, Blocked, EmptyRepository)


class Visiting:
    """Fetches pull requests whole, and remembers at which `updated_at` each was.

    A review, a push, a dismissal: each raises the `updated_at` of its pull request. The detail is fetched
    first, so that whatever happens while the lists are read shows as a later `updated_at` the next time.
    """

    def __init__(self, work: Work) -> None:
        self.work = work

    def due(self, listed: Iterable[Pull]) -> list[int]:
        """Of the pull requests of a page, the numbers of those that are to be visited, in its order.

        A run visits each once, however often its row comes by: what changes meanwhile is left to the next
        one, which asks for everything since this one's start.
        """
        pulls = {pull.number: pull for pull in listed}
        known = visits(self.work.team.pk, self.work.place.id, pulls)
        run_id = self.work.run.pk
        new = {n: visit for n, visit in known.items() if visit.run_id != run_id}
        unchanged = {n: visit.pk for n, visit in new.items() if is_unchanged(visit, pulls[n])}
        if unchanged:
            with self.work.lease.held():
                Visit.objects.filter(pk__in=unchanged.values()).update(run_id=run_id)
                self.work.counters.unchanged += len(unchanged)
                self.work.save()
        return [n for n in pulls if n not in known or (n in new and n not in unchanged)]

    def visit(self, number: int) -> None:
        """Raises a GitHubError that is about more than this pull request."""
        detail = self._attempt(number, "pull", self._detail)
        if detail is None:
            return
        answer, pull = detail
        reviews = self._attempt(number, "reviews", self._reviews)
        commits = self._attempt(number, "commits", lambda number: self._commits(number, pull))
        if pull is not None and reviews is not None and commits is not None:
            self._remember(number, answer, pull)

    def _attempt(self, number: int, endpoint: str, fetch: Callable[[int], T]) -> T | None:
        """None where GitHub refuses this of one pull request, which must not end the run."""
        try:
            return fetch(number)
        except REFUSALS as error:
            # It may be the whole repository that is gone: then this raises.
            find_again(self.work.get, self.work.place.id, self.work.place.full_name)
            self.work.fail(number, endpoint, error)
            return None

    def _detail(self, number: int) -> tuple[Answer, Pull | None]:
        place = self.work.place
        answer = self.work.get(f"repos/{place.full_name}/pulls/{number}")
        self.work.store(answer, [answer.body], "pull_request", "pull", number=number)
        pull = read_pull(answer.body)
        if pull is not None and pull.base is not None and pull.base.repo.id != place.id:
            raise UnexpectedAnswer(
                f"The name {place.full_name} belongs to another repository by now; start again.",
                url=answer.url,
                status=answer.status,
                request_id=answer.request_id,
            )
        return answer, pull

    def _reviews(self, number: int) -> int:
        found = 0
        for page in self.work.pages(f"repos/{self.work.place.full_name}/pulls/{number}/reviews"):
            items = cut(page)
            self.work.store(page, items, "pull_request_review", "reviews", number=number)
            found += len(items)
        return found

    def _commits(self, number: int, pull: Pull | None) -> int:
        truncated = pull is not None and (pull.commits or 0) > COMMITS_LISTED
        found = 0
        for page in self.work.pages(f"repos/{self.work.place.full_name}/pulls/{number}/commits"):
            items = cut(page)
            self.work.store(page, items, "commit", "commits", number=number, truncated=truncated)
            found += len(items)
        self.work.counters.truncated += truncated
        return found

    def _remember(self, number: int, answer: Answer, pull: Pull) -> None:
        work = self.work
        key = {"team": work.team, "repository_id": work.place.id, "number": number}
        with work.lease.held():
            stream = Stream.objects.get(**key)
            as_of = {"pull_updated_at": pull.updated_at, "answered_at": answer.date}
            Visit.objects.update_or_create(
                stream=stream, defaults={"team": work.team, "run_id": work.run.pk, **as_of}
            )
            work.counters.visited += 1
            work.save()
        work.tell()

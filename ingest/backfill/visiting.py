"""One pull request by REST: its detail, its reviews, its commits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ingest.github.answer import Answer
from ingest.github.errors import (
    Blocked,
    Disabled,
    EmptyRepository,
    GitHubError,
    NotFoundOrNoPermission,
    UnexpectedAnswer,
)

from .items import Pull, cut, read_pull
from .owed import IN_A_ROW
from .repository import find_again
from .rows import text_of, time_of
from .validating import Stored, Validating
from .visits import remember
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

    def __init__(self, work: Work, validating: Validating) -> None:
        self.work = work
        self.validating = validating

    def visit(self, number: int) -> None:
        """Raises a GitHubError that is about more than this pull request."""
        detail = self._attempt(number, "pull", self._detail)
        if detail is None:
            return
        answer, pull = detail
        reviews = self._attempt(number, "reviews", self._reviews)
        commits = self._attempt(number, "commits", lambda number: self._commits(number, pull))
        if pull is not None and reviews and commits:
            remember(self.work, {number: (pull.updated_at, answer.date)})

    def _attempt(self, number: int, endpoint: str, fetch: Callable[[int], T]) -> T | None:
        """None where GitHub does not give this of one pull request, which must not end the run."""
        try:
            return fetch(number)
        except GitHubError as error:
            if not (error.transient or isinstance(error, REFUSALS)):
                raise
            # The whole repository may be gone, or all of GitHub down: then this raises.
            find_again(self.work.get, self.work.place.id, self.work.place.full_name)
            self.work.fail(number, endpoint, error)
            if error.transient and len(self.work.owed.row) >= IN_A_ROW:
                raise
            return None

    def _detail(self, number: int) -> tuple[Answer, Pull | None]:
        place = self.work.place
        page = self.validating.get(f"repos/{place.full_name}/pulls/{number}", "pull", [number])
        answer = page.answer
        if page.facts is not None:
            return answer, Pull(number, None, time_of(page.facts["updated_at"]), page.facts["commits"])
        pull = read_pull(answer.body)
        is_other = pull is not None and pull.base is not None and pull.base.repo.id != place.id
        facts = None
        if pull is not None and not is_other:
            facts = {"updated_at": text_of(pull.updated_at), "commits": pull.commits}
        stored = Stored([answer.body], "pull_request", "pull", [number], 1, facts)
        self.validating.store(page, stored, number=number)
        if is_other:
            raise UnexpectedAnswer(
                f"The name {place.full_name} belongs to another repository by now; start again.",
                url=answer.url,
                status=answer.status,
                request_id=answer.request_id,
            )
        return answer, pull

    def _reviews(self, number: int) -> bool:
        return self._list(number, "pull_request_review", "reviews")

    def _commits(self, number: int, pull: Pull | None) -> bool:
        truncated = pull is not None and (pull.commits or 0) > COMMITS_LISTED
        self._list(number, "commit", "commits", truncated=truncated)
        self.work.counters.truncated += truncated
        return True

    def _list(self, number: int, event_type: str, endpoint: str, *, truncated: bool = False) -> bool:
        url = f"repos/{self.work.place.full_name}/pulls/{number}/{endpoint}"
        for page in self.validating.pages(url, endpoint, numbers=[number]):
            if page.facts is None:
                items = cut(page.answer)
                stored = Stored(items, event_type, endpoint, [number], len(items), {})
                self.validating.store(page, stored, number=number, truncated=truncated)
        return True

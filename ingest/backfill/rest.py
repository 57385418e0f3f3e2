"""The REST API: a list's page is one request, a pull request three."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .fetcher import Apply, Enough, Turned
from .items import Pull, cut, read_pull
from .rounds import PARAMETERS, Round
from .rows import facts_of, has_all, pulls_of
from .validating import Page, Stored, Validating
from .visiting import Visiting
from .visits import due
from .work import Work

# How many pull requests are visited before their rows are made.
AT_ONCE = 20


class RestFetcher:
    """Stores a page of the list, then visits the pull requests on it."""

    def __init__(self, work: Work, *, enough: Enough, apply: Apply) -> None:
        self.work = work
        self.validating = Validating(work)
        self.visiting = Visiting(work, self.validating)
        self._enough = enough
        self._apply = apply

    def pages(self, current: Round) -> Iterator[Turned | None]:
        place = self.work.place
        start, params = current.page or f"repos/{place.full_name}/pulls", PARAMETERS[current.name]
        params_or_none = None if current.page else params
        for page in self.validating.pages(
            start, "pulls", params_or_none, usable=lambda facts: has_all(facts, current)
        ):
            listed, ended = self._listed(page, current)
            if not self.fetch(due(self.work, listed)):
                yield None
                return
            times = [pull.updated_at for pull in listed if pull.updated_at]
            yield Turned(times, None if ended else page.next_url)

    def _listed(self, page: Page, current: Round) -> tuple[list[Pull], bool]:
        """Store a page of the list. Returns its readable pull requests, and whether the round ends here.

        GitHub's pages know no window: the rows of the last one that lie beyond it were not wanted and stay
        out, as they would be pull requests without reviews and commits.
        """
        if page.facts is not None:
            rows = pulls_of(page.facts)
            ended = bool(rows) and not current.wants(rows[-1].updated_at)
            return [pull for pull in rows if current.wants(pull.updated_at)], ended
        items = [(body, read_pull(body)) for body in cut(page.answer)]
        wanted = [(body, pull) for body, pull in items if pull is None or current.wants(pull.updated_at)]
        listed = [pull for _, pull in wanted if pull]
        self.validating.store(
            page,
            Stored(
                [body for body, _ in wanted],
                "pull_request",
                "pulls",
                [pull.number for pull in listed],
                len(items),
                facts_of([pull for _, pull in items], {pull.number for pull in listed}),
            ),
        )
        ended = bool(items) and items[-1] not in wanted[-1:]
        return listed, ended

    def fetch(self, numbers: Sequence[int]) -> bool:
        for visited, number in enumerate(numbers, start=1):
            if self._enough():
                return False
            self.visiting.visit(number)
            if visited % AT_ONCE == 0:
                self._apply()
        self._apply()
        return True

"""The GraphQL API: a page of the list brings whole pull requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ingest.github.errors import QueryTooLarge, UnexpectedAnswer
from ingest.models import Visit

from ..fetcher import Apply, Enough, Turned
from ..items import Pull
from ..rounds import Round
from ..visits import due
from ..work import Work
from . import queries
from .asking import Got, ask
from .cutting import Node, cut_page
from .queries import Query
from .size import Size
from .visiting import Visiting, refusal

# Below that a page's numbers are read, and its pull requests asked for by them.
SMALLEST_PAGE = 5
ATTEMPTS = 5


class GraphQLFetcher:
    """Reads a list with all of its pull requests, or their numbers first where most are likely known.

    Either way the pull requests of a page that are due are stored, then further pages of their lists are
    fetched, many at once. What GitHub failed to give in a page is asked for again by its number.
    """

    def __init__(self, work: Work, *, enough: Enough, apply: Apply) -> None:
        self.work = work
        self.size = Size(queries.PULLS)
        self.visiting = Visiting(work, self.size, enough=enough, apply=apply)
        self._enough = enough
        self._apply = apply
        # Every visit is of an earlier run, or of this one before a kill.
        self._is_known = (
            Visit.objects.filter(stream__team=work.team, stream__repository_id=work.place.id)
            .exclude(run_id=work.run.pk)
            .exists()
        )

    def pages(self, current: Round) -> Iterator[Turned | None]:
        page = current.page
        while True:
            got, is_whole = self._page(current, page)
            rows = [_pull(node) for node in got.cut.nodes.values() if node is not None]
            readable = [pull for pull in rows if pull is not None]
            wanted = [pull for pull in readable if current.wants(pull.updated_at)]
            numbers = due(self.work, wanted)
            if is_whole:
                numbers = self.visiting.take(got, numbers)
            if not self.fetch(numbers):
                yield None
                return
            self._apply()
            ended = bool(readable) and readable[-1] not in wanted[-1:]
            last, page = page, None if ended else got.cut.next_page
            if page is not None and page == last:
                raise UnexpectedAnswer("GitHub names a page that was read already as the next one.")
            yield Turned([pull.updated_at for pull in wanted if pull.updated_at], page)
            if page is None:
                return
            if self._enough():
                yield None
                return

    def fetch(self, numbers: Sequence[int]) -> bool:
        return self.visiting.fetch(numbers)

    def _page(self, current: Round, page: str | None) -> tuple[Got, bool]:
        """A page, and whether it is of whole pull requests."""
        first = queries.PER_PAGE
        while not current.again and not self._is_known and self.size.now >= SMALLEST_PAGE:
            make = partial(queries.page, round_name=current.name, first=self.size.now, after=page, whole=True)
            try:
                got = ask(self.work, make, cut_page)
            except QueryTooLarge as error:
                self.size.failed(error)
                continue
            first = self.size.now
            self.size.worked()
            if all(node is not None for node in got.cut.nodes.values()):
                return got, True
            # What is null there has a number, which only the list can tell.
            self.visiting.take(got, due(self.work, _pulls(got, current)))
            break
        return self._numbers(partial(queries.page, round_name=current.name, first=first, after=page)), False

    def _numbers(self, page: Callable[..., Query]) -> Got:
        """A page of numbers. Of what GitHub doesn't give, not even there, nobody knows what it is."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                got = ask(self.work, partial(page, whole=False), cut_page)
            except QueryTooLarge:
                if attempt == ATTEMPTS:
                    raise
                continue
            missing = [place for place, node in got.cut.nodes.items() if node is None]
            if not missing:
                break
        else:
            for place in missing:
                self.work.fail(0, "pulls", refusal(got.cut, place))
        return got


def _pulls(got: Got, current: Round) -> list[Pull]:
    found = (_pull(node) for node in got.cut.nodes.values() if node is not None)
    return [pull for pull in found if pull is not None and current.wants(pull.updated_at)]


def _pull(node: Node) -> Pull | None:
    if node.facts is None:
        return None
    at = node.facts.updated_at
    return Pull(node.facts.number, updated_at=at if at is not None and at.tzinfo is not None else None)

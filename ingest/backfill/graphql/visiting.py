"""Pull requests by their numbers, and the further pages of their lists."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from ingest.github.errors import Forbidden, NotFoundOrNoPermission, QueryTooLarge, UnexpectedAnswer

from .. import work as storing
from ..fetcher import Apply, Enough
from ..visits import remember
from ..work import Work
from . import queries
from .asking import Got, ask
from .cutting import Cut, Node, cut_pulls
from .queries import LISTS, Rest
from .size import Size

KINDS = {"NOT_FOUND": NotFoundOrNoPermission, "FORBIDDEN": Forbidden}
AS_OF = tuple[datetime | None, datetime | None]


@dataclass
class Taken:
    """What is left to do for stored pull requests: `again` failed in part, `rests` go on, `whole` are done
    when these are."""

    again: list[int] = field(default_factory=list)
    rests: list[Rest] = field(default_factory=list)
    whole: dict[int, AS_OF] = field(default_factory=dict)


class Visiting:
    """Fetches pull requests whole, and remembers at which `updated_at` each was."""

    def __init__(self, work: Work, size: Size, *, enough: Enough, apply: Apply) -> None:
        self.work = work
        self.size = size
        self._enough = enough
        self._apply = apply

    def take(self, got: Got, numbers: Iterable[int]) -> list[int]:
        """Store these pull requests out of a page, and all of their lists. What can't be read goes with them.

        Returns the numbers of those that have to be asked for again.
        """
        wanted = set(numbers)
        nodes = [n for n in got.cut.nodes.values() if n and (n.facts is None or n.facts.number in wanted)]
        taken = self._store(got, nodes)
        self._further(taken)
        return taken.again

    def fetch(self, numbers: Sequence[int]) -> bool:
        """Ask for these by number, many at once; what fails among others is tried alone, twice, before
        GitHub's refusal counts. False where it was enough before the last one.
        """
        together, alone = deque(numbers), deque[int]()
        tried: set[int] = set()
        begun = False
        while together or alone:
            if begun and self._enough():
                return False
            begun = True
            batch = [together.popleft() for _ in range(min(self.size.now, len(together)))]
            batch = batch or [alone.popleft()]
            try:
                got = self._pulls(batch)
            except QueryTooLarge as error:
                if len(batch) > 1:
                    self.size.failed(error)
                    together.extendleft(reversed(batch))
                elif batch[0] in tried:
                    self.work.fail(batch[0], "pull", error)
                else:
                    tried.add(batch[0])
                    alone.append(batch[0])
                continue
            self.size.worked()
            failed = self._visit(got, batch, last=batch[0] in tried)
            if len(batch) == 1:
                tried.add(batch[0])
            alone.extend(failed)
            self._apply()
        return True

    def _pulls(self, numbers: Sequence[int]) -> Got:
        aliases = [f"p{i}" for i in range(len(numbers))]
        return ask(self.work, partial(queries.pulls, numbers=numbers), partial(cut_pulls, aliases=aliases))

    def _visit(self, got: Got, numbers: Sequence[int], *, last: bool) -> list[int]:
        """Returns those that have to be asked for alone. `last`: GitHub's refusal counts."""
        nodes = dict(zip(numbers, got.cut.nodes.items(), strict=True))
        taken = self._store(got, [node for _, node in nodes.values() if node is not None])
        missing = [number for number, (_, node) in nodes.items() if node is None]
        failed = [*missing, *taken.again]
        if last and failed:
            (number,) = numbers
            place, node = nodes[number]
            part = next(iter(sorted(filter(None, node.broken))), "pull") if node else "pull"
            self.work.fail(number, part, refusal(got.cut, place))
            failed = []
        self._further(taken)
        return failed

    def _store(self, got: Got, nodes: Sequence[Node]) -> Taken:
        taken, kept = Taken(), []
        for node in nodes:
            number = node.facts.number if node.facts else None
            if node.can_be_kept:
                kept.append(storing.Node(node.body, "pulls", number))
            if number is None or node.facts is None:
                continue
            if not node.is_whole():
                taken.again.append(number)
            else:
                taken.whole[number] = (node.facts.updated_at, got.answer.date)
            for name in LISTS:
                page = node.facts.list_of(name)
                after = page.page_info.end_cursor if page and page.page_info.has_next_page else None
                if page and after and number in taken.whole:
                    taken.rests.append(Rest(number, name, after, 2, len(page.nodes)))
        going_on = {rest.number for rest in taken.rests}
        with self.work.lease.held():
            self.work.store_nodes(got.answer, kept, got.details)
            remember(self.work, {n: as_of for n, as_of in taken.whole.items() if n not in going_on})
        return taken

    def _further(self, taken: Taken) -> None:
        """All further pages, some of each list at a time; a pull request whose lists ended is whole."""
        together, alone = deque(taken.rests), deque[Rest]()
        failed: set[int] = set()
        tried: set[Rest] = set()
        while together or alone:
            batch = [together.popleft() for _ in range(min(self.size.now, len(together)))]
            batch = batch or [alone.popleft()]
            try:
                got = self._pages(batch)
            except QueryTooLarge as error:
                if len(batch) > 1:
                    self.size.failed(error)
                    together.extendleft(reversed(batch))
                elif batch[0] in tried:
                    failed.add(batch[0].number)
                    self.work.fail(batch[0].number, batch[0].name, error)
                else:
                    tried.add(batch[0])
                    alone.append(batch[0])
                continue
            self.size.worked()
            self._store_pages(got, batch, together, alone, failed)
        going_on = {rest.number for rest in taken.rests}
        remember(self.work, {n: taken.whole[n] for n in sorted(going_on - failed)})

    def _pages(self, rests: Sequence[Rest]) -> Got:
        aliases = [f"p{i}" for i in range(len(rests))]
        return ask(self.work, partial(queries.further, rests=rests), partial(cut_pulls, aliases=aliases))

    def _store_pages(
        self, got: Got, batch: Sequence[Rest], together: deque[Rest], alone: deque[Rest], failed: set[int]
    ) -> None:
        kept, cut_short = [], 0
        for rest, (place, node) in zip(batch, got.cut.nodes.items(), strict=True):
            page = node.facts.list_of(rest.name) if node and node.facts else None
            if node is None or page is None or node.broken:
                if len(batch) > 1:
                    alone.append(rest)
                else:
                    failed.add(rest.number)
                    self.work.fail(rest.number, rest.name, refusal(got.cut, place))
                continue
            kept.append(storing.Node(node.body, f"pull/{rest.name}/{rest.page}", rest.number))
            held = rest.held + len(page.nodes)
            after = page.page_info.end_cursor
            if page.page_info.has_next_page and after and after != rest.after:
                together.append(Rest(rest.number, rest.name, after, rest.page + 1, held))
            elif page.total_count is not None and held < page.total_count:
                cut_short += 1
        self.work.counters.truncated += cut_short
        self.work.store_nodes(got.answer, kept, got.details, truncated=cut_short > 0)


def refusal(cut: Cut, place: Any) -> Exception:
    errors = cut.errors_of(place)
    kind: Any = next((KINDS[e["type"]] for e in errors if e.get("type") in KINDS), UnexpectedAnswer)
    said = next((e["message"] for e in errors if isinstance(e.get("message"), str)), "")
    reason = f" ({said[:300]})" if said else ""
    found: Exception = kind(f"GitHub did not give all that was asked of it{reason}.")
    return found

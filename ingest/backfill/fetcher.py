"""What the two ways to fetch have in common: the engine reads rounds, a fetcher their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from .rounds import Round

REST, GRAPHQL, AUTO = "rest", "graphql", "auto"


class Turned(NamedTuple):
    """A page of which all is stored: the `updated_at` of its wanted rows, and the page behind it.

    `next_page`: None where the round ends here.
    """

    times: list[datetime]
    next_page: str | None


class Fetcher(Protocol):
    def pages(self, current: Round) -> Iterator[Turned | None]:
        """The pages of a round from where it stands; None, as the last one, where it was enough for now.

        Raises a GitHubError, LeaseLost, or what the database raises.
        """

    def fetch(self, numbers: Sequence[int]) -> bool:
        """Pull requests by their numbers, whole. False where it was enough before the last one."""


# Asked before more is begun; True ends the work for now.
Enough = Callable[[], bool]
# Makes rows of what was stored.
Apply = Callable[[], None]

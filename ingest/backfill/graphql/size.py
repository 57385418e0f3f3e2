"""How many pull requests one query asks for."""

from __future__ import annotations

from ingest.github.errors import QueryTooLarge

# So many answers of a size come before the next larger one is tried.
PATIENCE = 3


class Size:
    """Halves when GitHub can't do so many at once, and grows again slowly.

    A first 502 may be anything, another one in a row is the query: so the same size is tried twice, unless
    GitHub says that it is the query.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.now = most
        self._failed = 0
        self._good = 0

    def failed(self, error: QueryTooLarge) -> None:
        self._failed += 1
        self._good = 0
        if self._failed == 2 or error.status == 200:
            self.now = max(1, self.now // 2)
            self._failed = 0

    def worked(self) -> None:
        self._failed = 0
        self._good += 1
        if self._good >= PATIENCE and self.now < self.most:
            self.now = min(self.most, self.now + max(1, self.now // 4))
            self._good = 0

"""Pages of a list, as a connection: `totalCount`, `pageInfo`, `nodes`, `edges`, and cursors.

A cursor names a place in the order, not a row number, where the order has keys: a row that moves between two
pages is met twice or never, but shifts no other. (REST's pages are numbered: there each move shifts all.)
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from . import errors
from .asking import Shape

Item = TypeVar("Item")
Key = list[Any]

_PREFIX = "cursor:v2:"


class Page(Generic[Item]):
    """One page of `items`. `key` gives an item's place in their order; without it places are counted."""

    def __init__(
        self,
        items: Sequence[Item],
        arguments: dict[str, Any],
        key: Callable[[Item], Key] | None = None,
        descending: bool = False,
    ) -> None:
        self.items, self.key, self.descending = items, key, descending
        after, before = arguments.get("after"), arguments.get("before")
        self.start = 0 if after is None else self._place(after, behind=True)
        self.end = len(items) if before is None else self._place(before, behind=False)
        self.end = max(self.start, self.end)
        if arguments.get("first") is not None:
            self.end = min(self.end, self.start + arguments["first"])
        elif arguments.get("last") is not None:
            self.start = max(self.start, self.end - arguments["last"])

    def connection(self, shape: Callable[[Item], Any], count: str = "totalCount") -> Shape:
        """`shape` makes a node, or an error in its place. Nodes are made only if they are asked for."""
        shown = self.items[self.start : self.end]
        return {
            count: len(self.items),
            "pageInfo": {
                "endCursor": self._cursor(self.end - 1) if shown else None,
                "hasNextPage": self.end < len(self.items),
                "hasPreviousPage": self.start > 0,
                "startCursor": self._cursor(self.start) if shown else None,
            },
            "nodes": lambda info: [shape(item) for item in shown],
            "edges": lambda info: [
                {"cursor": self._cursor(self.start + index), "node": shape(item)}
                for index, item in enumerate(shown)
            ],
        }

    def _cursor(self, index: int) -> str:
        key = self.key(self.items[index]) if self.key else [index]
        return b64encode((_PREFIX + json.dumps(key, separators=(",", ":"))).encode()).decode()

    def _place(self, cursor: str, behind: bool) -> int:
        """How many items lie before the cursor; `behind`: those up to it and itself."""
        wanted = _read(cursor)
        try:
            if self.key is None:
                return min(len(self.items), max(0, int(wanted[0]) + behind))
            if self.descending:
                find = bisect_left if behind else bisect_right
                return len(self.items) - find(self.items[::-1], wanted, key=self.key)
            find = bisect_right if behind else bisect_left
            return find(self.items, wanted, key=self.key)
        except (TypeError, ValueError, IndexError):
            raise errors.bad_cursor(cursor) from None


def _read(cursor: str) -> Key:
    try:
        text = b64decode(cursor, validate=True).decode()
        if not text.startswith(_PREFIX):
            raise errors.bad_cursor(cursor)
        key = json.loads(text.removeprefix(_PREFIX))
    except ValueError:
        raise errors.bad_cursor(cursor) from None
    if not isinstance(key, list) or not key:
        raise errors.bad_cursor(cursor)
    return key

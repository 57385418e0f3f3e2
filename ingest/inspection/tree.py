"""A payload as a tree of bounded size, whatever the bytes are: the page of 25 MB is a small page."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .payload import reason
from .places import Members, Path, written
from .visible import visible_line

NODES = 2_000
# Of one object or list; the rest is behind a link.
CHILDREN = 200
DEPTH = 30
# Characters of a text; more where it is the branch that was asked for.
TEXT = 500
LONG_TEXT = 100_000
# Deeper than this, branches are folded when the page opens.
OPEN = 2
# Values that a search looks through, and places that it lists.
SEARCHED = 300_000
FOUND = 200


class Written(str):
    """A number or a constant in the digits in which it came."""


class Unreadable(ValueError):
    """The body is no JSON that a tree could be made of; the message says why."""


@dataclass
class Node:
    """`kind`: object, list, text, value. `text` is safe to show. `size`: how many children or characters.

    `path` leads to it. `left`: how many children are behind those that stand here, from the one numbered
    `next` on. `closed`: none of them stands here, though there are some.
    """

    key: str
    kind: str
    path: str
    depth: int
    text: str = ""
    size: int = 0
    cut: bool = False
    closed: bool = False
    children: list[Node] = field(default_factory=list)
    left: int = 0
    next: int = 0

    @property
    def is_open(self) -> bool:
        return self.depth < OPEN


def parse(body: bytes) -> Any:
    """Objects as `Members`, numbers as `Written`. Raises `Unreadable`."""
    try:
        return json.loads(
            body, object_pairs_hook=Members, parse_int=Written, parse_float=Written, parse_constant=Written
        )
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The body is no JSON: {visible_line(reason(error))}.") from None


def tree(value: Any, path: Path = (), start: int = 0) -> Node:
    """The tree below `value`, which stands at `path`; of its children those from `start` on.

    Breadth first, so that what is near is there before what is deep. At most `NODES` nodes.
    """
    root = _node("", value, path, 0, LONG_TEXT)
    waiting: deque[tuple[Node, Any, Path, int]] = deque([(root, value, path, start)])
    left = NODES
    while waiting:
        node, here, place, first = waiting.popleft()
        if node.kind not in ("object", "list") or not here:
            continue
        room = min(CHILDREN, left)
        if node.depth >= DEPTH or room <= 0:
            node.closed = True
            continue
        for step, inner in _children(here, first, room):
            # Of a key that is there twice, the path leads to the last.
            below = (*place, step)
            child = _node(str(step), inner, below, node.depth + 1)
            node.children.append(child)
            waiting.append((child, inner, below, 0))
            left -= 1
        node.next = first + len(node.children)
        node.left = max(len(here) - node.next, 0)
    return root


def _children(here: Any, first: int, room: int) -> Iterator[tuple[Any, Any]]:
    part = here[first : first + room]
    return iter(part) if isinstance(here, Members) else enumerate(part, first)


def _node(key: str, value: Any, path: Path, depth: int, longest: int = TEXT) -> Node:
    found = Node(visible_line(key), "value", written(path), depth)
    if isinstance(value, Members):
        found.kind, found.size = "object", len(value)
    elif isinstance(value, list):
        found.kind, found.size = "list", len(value)
    elif isinstance(value, Written):
        found.text = visible_line(value[:longest])
        found.cut, found.size = len(value) > longest, len(value)
    elif isinstance(value, str):
        found.kind, found.size = "text", len(value)
        found.text, found.cut = visible_line(value[:longest]), len(value) > longest
    else:
        found.text = json.dumps(value)
    return found


@dataclass(frozen=True)
class Hits:
    """`nodes` are the places whose key or value holds what was searched; `all`: there are no others."""

    nodes: list[Node]
    all: bool


def find(value: Any, wanted: str, path: Path = ()) -> Hits:
    """The places below a value that hold a text in any case, in their order."""
    wanted = wanted.casefold()
    found: list[Node] = []
    waiting: list[Iterator[tuple[Any, Any]]] = [_children(value, 0, SEARCHED) if _holds(value) else iter(())]
    steps: list[Any] = []
    seen = 0
    while waiting:
        step, inner = next(waiting[-1], (None, None))
        if step is None:
            waiting.pop()
            if steps:
                steps.pop()
            continue
        seen += 1
        if seen > SEARCHED or len(found) >= FOUND:
            return Hits(found, all=False)
        text = inner if isinstance(inner, str) else "" if _holds(inner) else json.dumps(inner)
        if (isinstance(step, str) and wanted in step.casefold()) or wanted in text.casefold():
            found.append(_node(str(step), inner, (*path, *steps, step), 0))
        if _holds(inner):
            steps.append(step)
            waiting.append(_children(inner, 0, SEARCHED))
    return Hits(found, all=True)


def _holds(value: Any) -> bool:
    return isinstance(value, list)

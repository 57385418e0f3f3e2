"""An answer to a query cut into pull request nodes, each in its own bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from apps.metrics.processors import Unreadable
from ingest import rawjson
from ingest.github.answer import Answer
from ingest.github.errors import UnexpectedAnswer
from ingest.log import envelope
from ingest.shapes.decoding import decode

from .queries import LISTS

# What GitHub may fail to give of a whole pull request: no row says which repository a head is in. A fork is
# somebody else's, whose organisation may keep it from us for ever (single sign-on).
SPARED = {"headRepository"}

# The path of a list's item below its pull request, as in `reviews`, `nodes`, 0.
ITEM = ("list", "nodes", "index")

# Of a long list of errors in a fetch's facts, and of each one's message.
ERRORS_KEPT, MESSAGE_LENGTH = 20, 300


class PageInfo(Struct, rename="camel", gc=False):
    has_next_page: bool = False
    end_cursor: str | None = None


class ListPage(Struct, rename="camel", gc=False):
    total_count: int | None = None
    page_info: PageInfo = msgspec.field(default_factory=PageInfo)
    nodes: list[Any] = msgspec.field(default_factory=list)


class Facts(Struct, rename="camel", gc=False):
    """What the fetcher goes by. A list that GitHub failed to read is null."""

    number: int
    updated_at: datetime | None = None
    reviews: ListPage | None = None
    commits: ListPage | None = None
    timeline_items: ListPage | None = msgspec.field(default=None, name="timelineItems")

    def list_of(self, name: str) -> ListPage | None:
        found: ListPage | None = getattr(self, "timeline_items" if name == "timelineItems" else name)
        return found


_FACTS = msgspec.json.Decoder(Facts)


@dataclass
class Node:
    """A pull request in its own bytes.

    `facts`: None where not even its number can be read. `odd`: only that can; the log keeps the body and
    replay parks it. `broken`: the fields in which GitHub failed, whose nulls are none; those that are SPARED
    are not among them. `inside`: it failed in a part of a list's item, so that a null there is none either.
    """

    body: bytes
    facts: Facts | None = None
    odd: bool = False
    broken: set[Any] = field(default_factory=set)
    inside: bool = False

    def is_whole(self, names: Iterable[str] = LISTS) -> bool:
        """Whether GitHub read all that was asked of it."""
        if self.odd or self.facts is None:
            return not self.broken
        return not self.broken and all(self.facts.list_of(name) is not None for name in names)

    @property
    def can_be_kept(self) -> bool:
        """A list or an item that is null says nothing. Any other null would say that there is none: a review
        without its author would be somebody's whose account is deleted.
        """
        return not self.inside and self.broken <= {*LISTS, "labels"}


@dataclass
class Cut:
    """An answer's repository and pull requests, by their place: index or alias; None where GitHub gave none.

    `above`: the path of the places. `next_page`: the cursor behind the page, None behind the last one.
    """

    repository_id: int | None
    full_name: str
    nodes: dict[Any, Node | None]
    errors: list[Any]
    cost: int | None
    above: tuple[str, ...] = ("repository",)
    next_page: str | None = None

    def errors_of(self, place: Any) -> list[Any]:
        """What GitHub said of a pull request that it failed to give, or of a part of it."""
        return [error for error in self.errors if _below((*self.above, place), error) is not None]

    def details(self) -> dict[str, Any]:
        """For the fetch's own facts."""
        found: dict[str, Any] = {"cost": self.cost}
        if self.errors:
            found["errors"] = [_short(error) for error in self.errors[:ERRORS_KEPT]]
        return found


def cut_page(answer: Answer) -> Cut:
    """A page of the list of pull requests. Raises UnexpectedAnswer where it is none."""
    try:
        found, repository = _read(answer)
        page = _members(repository["pullRequests"])
        info = msgspec.convert(json.loads(page["pageInfo"]), PageInfo)
        found.above = ("repository", "pullRequests", "nodes")
        found.nodes = {i: _node(body, found, i) for i, body in enumerate(_items(page["nodes"]))}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _unexpected(answer) from None
    found.next_page = info.end_cursor if info.has_next_page else None
    return found


def cut_pulls(answer: Answer, aliases: Iterable[str]) -> Cut:
    """The pull requests that were asked for by these aliases. Raises UnexpectedAnswer."""
    try:
        found, repository = _read(answer)
        found.nodes = {p: _node(repository.get(p, b"null"), found, p) for p in aliases}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _unexpected(answer) from None
    return found


def _read(answer: Answer) -> tuple[Cut, dict[str, bytes]]:
    top = _members(answer.body)
    data = _members(top["data"])
    repository = _members(data["repository"])
    errors = json.loads(top.get("errors", b"null")) or []
    quota = json.loads(data.get("rateLimit", b"null")) or {}
    cut = Cut(
        repository_id=json.loads(repository.get("databaseId", b"null")),
        full_name=json.loads(repository.get("nameWithOwner", b'""')) or "",
        nodes={},
        errors=[error for error in errors if isinstance(error, dict)],
        cost=quota.get("cost"),
    )
    return cut, repository


def _node(body: bytes, cut: Cut, place: Any) -> Node | None:
    if body == b"null":
        return None
    node = Node(body)
    for error in cut.errors:
        below = _below((*cut.above, place), error)
        if below is not None:
            node.broken.add(below[0] if below else "")
            node.inside |= len(below) > len(ITEM) and below[0] not in SPARED
    node.broken -= SPARED
    try:
        node.facts = decode(_FACTS, body)
    except Unreadable:
        number = envelope.of_node(body).number
        node.facts, node.odd = Facts(number) if number else None, True
    return node


def _members(body: bytes) -> dict[str, bytes]:
    """The values of an object in their own bytes. Raises ValueError, or RecursionError."""
    try:
        found = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        return {name: bytes(value) for name, value in found.items()}
    except (msgspec.MsgspecError, UnicodeError):
        # msgspec refuses lone surrogates and NaN, which the log keeps.
        text = body.decode("utf-8", "surrogatepass")
        return {m.name: _bytes(text[m.start : m.end]) for m in rawjson.members(text)}


def _items(body: bytes) -> list[bytes]:
    try:
        return [bytes(item) for item in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, UnicodeError):
        text = body.decode("utf-8", "surrogatepass")
        return [_bytes(text[start:end]) for start, end in rawjson.items(text)]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _below(place: tuple[Any, ...], error: dict[str, Any]) -> list[Any] | None:
    """An error's path below a place; None where it is about another."""
    path = error.get("path")
    if not isinstance(path, list) or tuple(path[: len(place)]) != place:
        return None
    return path[len(place) :]


def _short(error: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: error[name] for name in ("type", "path") if name in error}
    return {**kept, "message": str(error.get("message", ""))[:MESSAGE_LENGTH]}


def _unexpected(answer: Answer) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"GitHub answered a query at {answer.url} with something other than pull requests.",
        url=answer.url,
        status=answer.status,
        request_id=answer.request_id,
    )

"""Searching events by what stands at a place in their payload. Bodies are read, so it looks only so far."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from apps.teams.models import Team
from ingest.log.pages import AT_MOST, BYTES
from ingest.models import RawGitHubEvent
from ingest.replay.scope import Scope

from . import places
from .browsing import lines_of
from .leading import LOOK, lead
from .listing import EventLine

# Of reading, for one page.
SECONDS = 5.0


@dataclass(frozen=True)
class Condition:
    """`pull_request.user.login = "x"`; without a value: something stands there, be it null."""

    path: tuple[places.Step | None, ...]
    value: Any = None
    any_value: bool = False

    @classmethod
    def read(cls, text: str) -> Condition:
        """The value is JSON, or else a text without its quotes. Raises `places.BadPath`."""
        # In front of the first = outside of a quoted name.
        place = _equals(text)
        if place is None:
            return cls(places.read(text), any_value=True)
        wanted = text[place + 1 :].removeprefix("=").strip()
        try:
            value = json.loads(wanted)
        except (ValueError, RecursionError):
            value = wanted
        return cls(places.read(text[:place]), value)

    def holds(self, payload: Any) -> bool:
        found = places.at(payload, self.path)
        if self.any_value:
            return any(True for _ in found)
        return any(_same(value, self.value) for value in found)


def _equals(text: str) -> int | None:
    quoted = False
    for place, letter in enumerate(text):
        if letter == '"' and text[place - 1 : place] != "\\":
            quoted = not quoted
        elif letter == "=" and not quoted:
            return place
    return None


def _same(found: Any, wanted: Any) -> bool:
    # In Python True equals 1, in JSON it doesn't.
    return isinstance(found, bool) == isinstance(wanted, bool) and bool(found == wanted)


@dataclass(frozen=True)
class Searched:
    """`looked`: how many events were read. `before`: where to go on with older ones; None where all of the
    scope are read. `unreadable`: how many of them are no JSON."""

    events: list[EventLine]
    looked: int
    unreadable: int
    before: int | None


def search(
    team: Team,
    scope: Scope,
    condition: Condition,
    *,
    before: int | None = None,
    limit: int = 50,
    clock: Callable[[], float] = time.monotonic,
) -> Searched:
    """The newest events of a scope whose payload fits. Raises as `browse`.

    Ends when a page is full, after `LOOK` events, or after `SECONDS` by the clock.
    """
    end = clock() + SECONDS
    way = lead(team, scope)
    last = way.end(before=before)
    found = way.events if before is None else way.events.filter(id__lt=before)
    found = found.filter(id__gt=last) if last else found
    sizes = list(found.order_by("-id").values_list("id", "size")[: LOOK + 1])
    go_on = None if last is None else last + 1
    if len(sizes) > LOOK:
        go_on, sizes = sizes[LOOK][0] + 1, sizes[:LOOK]
    fitting: list[int] = []
    looked = unreadable = 0
    for event in _read(sizes):
        if len(fitting) == limit or (looked and clock() >= end):
            go_on = event.pk + 1
            break
        looked += 1
        try:
            if condition.holds(_payload(event.json_bytes)):
                fitting.append(event.pk)
        except (ValueError, RecursionError):
            unreadable += 1
    return Searched(lines_of(fitting), looked, unreadable, go_on)


@dataclass(frozen=True)
class Newest:
    """What an export of a search reads: the newest events of a scope, by id and size. `looked`: after so many
    events it looked no further, and older ones may fit; None where it is all of the scope."""

    sizes: list[tuple[int, int]]
    looked: int | None

    def fitting(self, condition: Condition) -> Iterator[RawGitHubEvent]:
        """Those whose payload fits, oldest first."""
        for event in _read(self.sizes[::-1]):
            try:
                if condition.holds(_payload(event.json_bytes)):
                    yield event
            except (ValueError, RecursionError):
                continue


def newest(team: Team, scope: Scope) -> Newest:
    """Raises as `browse`."""
    way = lead(team, scope)
    end = way.end()
    found = way.events.filter(id__gt=end) if end else way.events
    sizes = list(found.order_by("-id").values_list("id", "size")[: LOOK + 1])
    return Newest(sizes[:LOOK], LOOK if end or len(sizes) > LOOK else None)


def _read(sizes: list[tuple[int, int]]) -> Iterator[RawGitHubEvent]:
    """The events in the given order, a bounded part in memory."""
    part: list[int] = []
    total = 0
    for pk, size in sizes:
        if part and (len(part) == AT_MOST or total + size > BYTES):
            yield from _rows(part)
            part, total = [], 0
        part.append(pk)
        total += size
    yield from _rows(part)


def _rows(ids: list[int]) -> Iterator[RawGitHubEvent]:
    found = RawGitHubEvent.objects.select_related("fetch").in_bulk(ids)
    return (found[pk] for pk in ids if pk in found)


def _payload(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError):
        return json.loads(text)

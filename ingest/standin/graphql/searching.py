"""`search(type: ISSUE)`: how many pull requests of a repository were updated since a day, and which."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from .. import places
from ..outline import Outline
from ..world import World
from . import pulls
from .asking import Asking, Shape
from .connections import Page
from .errors import Refused

_FOUND_AT_MOST = 1000  # however many there are
_STATES = {
    "open": ("OPEN",),
    "closed": ("CLOSED", "MERGED"),
    "merged": ("MERGED",),
    "unmerged": ("OPEN", "CLOSED"),
}

Wanted = Callable[[World, int], bool]


def search(asking: Asking, query: str, **arguments: Any) -> Shape:
    """Understands `repo:`, `is:pr`, `is:open` and its kin, `created:` and `updated:` with a time."""
    worlds: list[World] = []
    conditions: list[Wanted] = []
    for term in query.split():
        name, _, value = term.partition(":")
        value = value.strip('"')
        if name == "repo":
            worlds = [*worlds, *_visible(asking, value)]
        elif name in ("is", "type", "state") and value in _STATES:
            conditions.append(_in_states(_STATES[value]))
        elif name in ("created", "updated"):
            conditions.append(_in_time(name, value))
        elif term not in ("is:pr", "type:pr", "archived:false") and name != "sort":
            raise Refused(f"The stand-in does not understand the search term {term!r}.")
    found = [
        (world, number)
        for world in worlds
        for number in world.numbers("all", "created", "desc")
        if all(condition(world, number) for condition in conditions)
    ]
    page = Page(found[:_FOUND_AT_MOST], arguments)
    return {
        **page.connection(lambda item: pulls.node(asking, *item), count="issueCount"),
        "issueCount": len(found),
    }


def _visible(asking: Asking, name: str) -> list[World]:
    standin = asking.standin
    world = places.by_name(standin, name) or places.by_former_name(standin, name)
    behaviour = standin.behaviour
    hidden = behaviour.forbidden or behaviour.saml or behaviour.blocked or behaviour.disabled
    if world is None or hidden or behaviour.empty or not places.visible(standin, asking.request, world):
        return []  # a search says nothing of what may not be seen
    return [world]


def _in_states(states: tuple[str, ...]) -> Wanted:
    return lambda world, number: pulls.state_of(world, number) in states


def _in_time(name: str, value: str) -> Wanted:
    first, last = _span(value)

    def within(world: World, number: int) -> bool:
        outline: Outline = world.outlines[number]
        at = outline.updated_at if name == "updated" else outline.created_at
        return first <= at <= last

    return within


def _span(value: str) -> tuple[datetime, datetime]:
    """The first and last instant that fit. A day stands for all its seconds, a star for any time."""
    ever, second = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)), timedelta(seconds=1)
    if ".." in value:
        start, _, end = value.partition("..")
        return (
            ever[0] if start == "*" else _instants(start)[0],
            ever[1] if end == "*" else _instants(end)[1],
        )
    sign = value[: len(value) - len(value.lstrip("<>="))]
    first, last = _instants(value.removeprefix(sign))
    match sign:
        case ">=":
            return first, ever[1]
        case ">":
            return last + second, ever[1]
        case "<=":
            return ever[0], last
        case "<":
            return ever[0], first - second
        case _:
            return first, last


def _instants(text: str) -> tuple[datetime, datetime]:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"The stand-in cannot read the time {text!r} in a search.") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    if "T" in text:
        return at, at
    return at, at + timedelta(days=1, seconds=-1)

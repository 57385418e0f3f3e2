"""The difference between two JSON values, path by path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple


class Absent:
    """Stands for a key that is not there, which is not null (law 6)."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = Absent()
# What tells the objects of a list apart; the first that all of them have.
IDENTITIES = ("id", "sha", "node_id", "name")

Part = str | int
Path = tuple[Part, ...]


class Change(NamedTuple):
    """One place where two values differ. A side that lacks the place is ABSENT."""

    path: Path
    before: Any
    after: Any

    def __str__(self) -> str:
        return written(self.path)


def written(path: Path) -> str:
    """`$.pull_request.labels[id=7].name`"""
    return "$" + "".join(part if str(part).startswith("[") else f".{part}" for part in map(str, path))


def changes(before: Any, after: Any) -> Iterator[Change]:
    """Every place where they differ, in the order of the second value's keys, then what only the first has.

    Objects are compared key by key. Lists of objects are compared by identity (id, sha), so one more at the
    front is one change; lists of anything else by place. An object that is on one side only is one change.
    Depth is limited by memory alone.
    """
    waiting: list[Change] = [Change((), before, after)]
    while waiting:
        found = waiting.pop()
        inner = _inner(found)
        if inner is not None:
            waiting.extend(reversed(inner))
        elif _differ(found.before, found.after):
            yield found


def _inner(found: Change) -> list[Change] | None:
    """The places inside, or None where one side has none to compare."""
    path, before, after = found
    if isinstance(before, list) and isinstance(after, list):
        before, after = _by_identity(before, after)
    if not isinstance(before, dict) or not isinstance(after, dict):
        return None
    keys = dict.fromkeys([*after, *before])
    return [Change((*path, key), before.get(key, ABSENT), after.get(key, ABSENT)) for key in keys]


def _by_identity(before: list[Any], after: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    for name in IDENTITIES:
        found = [_keyed(items, name) for items in (before, after)]
        if found[0] is not None and found[1] is not None:
            return found[0], found[1]
    return _by_place(before), _by_place(after)


def _keyed(items: list[Any], name: str) -> dict[str, Any] | None:
    """By `[id=7]`; None where an item has no such id, or two have the same."""
    if not all(isinstance(item, dict) and isinstance(item.get(name), str | int) for item in items):
        return None
    found = {f"[{name}={item[name]}]": item for item in items}
    return found if len(found) == len(items) else None


def _by_place(items: list[Any]) -> dict[str, Any]:
    return {f"[{place}]": item for place, item in enumerate(items)}


def _differ(before: Any, after: Any) -> bool:
    """Scalars, or values of two kinds. In Python True equals 1, in JSON it doesn't."""
    if isinstance(before, bool) != isinstance(after, bool):
        return True
    if isinstance(before, dict | list) or isinstance(after, dict | list):
        return True
    return bool(before != after)

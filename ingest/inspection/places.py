"""Places in a payload, written as `$.pull_request.labels[0].name`, and what stands there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

Step = str | int
Path = tuple[Step, ...]

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_STEP = re.compile(r"""\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d{1,9}|\*)\]|\[("(?:[^"\\]|\\.)*")\]""")
# Of a path that is longer nobody reads where it leads.
LONGEST = 20_000


class BadPath(ValueError):
    """What was typed is no path."""


class Members(list[tuple[str, Any]]):
    """An object as it stands in the text: also a key that is there twice."""


def written(path: Path) -> str:
    return "$" + "".join(_written(step) for step in path)


def _written(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    # In ASCII, so that any key can stand in an address.
    return f".{step}" if PLAIN.fullmatch(step) else f"[{json.dumps(step)}]"


def read(text: str) -> tuple[Step | None, ...]:
    """The steps of a path; None for `[*]`, any item of a list. The `$` may be left out. Raises `BadPath`."""
    rest = text.strip()[:LONGEST].removeprefix("$")
    found: list[Step | None] = []
    place = 0
    while place < len(rest):
        step = _STEP.match(rest, place)
        if step is None:
            raise BadPath(f"{text[:80]!r} is no path like pull_request.labels[0].name")
        name, item, quoted = step.groups()
        if quoted is not None:
            try:
                found.append(json.loads(quoted))
            except ValueError:
                raise BadPath(f"{quoted[:80]} is no name in double quotes") from None
        elif name is not None:
            found.append(name)
        else:
            found.append(None if item == "*" else int(item))
        place = step.end()
    return tuple(found)


def at(value: Any, path: tuple[Step | None, ...]) -> Iterator[Any]:
    """The values at a path; of a key that is there twice the last, as every parser reads it."""
    waiting = [(value, 0)]
    while waiting:
        here, depth = waiting.pop()
        if depth == len(path):
            yield here
            continue
        step = path[depth]
        if step is None and isinstance(here, list) and not isinstance(here, Members):
            waiting.extend((item, depth + 1) for item in reversed(here))
        else:
            waiting.extend((found, depth + 1) for found in _inside(here, step))


def _inside(here: Any, step: Step | None) -> list[Any]:
    if isinstance(here, Members):
        return [value for key, value in here if key == step][-1:]
    if isinstance(here, dict):
        return [here[step]] if step in here else []
    if isinstance(here, list) and isinstance(step, int) and step < len(here):
        return [here[step]]
    return []

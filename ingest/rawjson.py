"""Parts of a JSON text in their own bytes: parsing and dumping again would change them.

By the standard library, for what msgspec refuses: lone surrogates and NaN, also in fields that nobody reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from typing import NamedTuple

# Values are only measured: their numbers may have more digits than Python reads.
_measure = JSONDecoder(parse_int=len, parse_float=len, parse_constant=len)
_names = JSONDecoder()
_space = re.compile(r"[ \t\n\r]*").match


class Member(NamedTuple):
    """A member of an object: its name, and where its value begins and ends in the text."""

    name: str
    start: int
    end: int


def members(text: str, start: int = 0, measure: JSONDecoder = _measure) -> Iterator[Member]:
    """The members of the object that begins at `start`, in their order.

    Raises JSONDecodeError where the text is no object, also behind members that were given already, and
    RecursionError where it is nested too deep.
    """
    place = after("{", text, start)
    while text[place : place + 1] != "}":
        name, end = _names.raw_decode(text, place)
        if not isinstance(name, str):
            raise JSONDecodeError("Expecting a name in double quotes", text, place)
        value = after(":", text, end)
        _, end = measure.raw_decode(text, value)
        yield Member(name, value, end)
        place = past_space(text, end)
        if text[place : place + 1] != "}":
            place = after(",", text, place)
            if text[place : place + 1] == "}":
                raise JSONDecodeError("Expecting a name in double quotes", text, place)


def items(text: str) -> Iterator[tuple[int, int]]:
    """Where each item of the list that the text is begins and ends. Raises as `members`."""
    place = after("[", text, 0)
    while text[place : place + 1] != "]":
        _, end = _measure.raw_decode(text, place)
        yield place, end
        place = past_space(text, end)
        if text[place : place + 1] != "]":
            place = after(",", text, place)
            if text[place : place + 1] == "]":
                raise JSONDecodeError("Expecting a value", text, place)


def member(body: bytes, *path: str) -> bytes | None:
    """The bytes of the value at this path of names as they stand in `body`; None where there is none.

    Of equal names the last one counts, as for every parser. Raises ValueError or RecursionError where the
    body is no JSON.
    """
    text = body.decode("utf-8", "surrogatepass")
    start, end = past_space(text, 0), len(text)
    for name in path:
        if text[start : start + 1] != "{":
            return None
        found = [m for m in members(text, start) if m.name == name]
        if not found:
            return None
        _, start, end = found[-1]
    return text[start:end].encode("utf-8", "surrogatepass")


def after(mark: str, text: str, place: int) -> int:
    """Where the next token begins behind this mark."""
    place = past_space(text, place)
    if text[place : place + 1] != mark:
        raise JSONDecodeError(f"Expecting {mark!r}", text, place)
    return past_space(text, place + 1)


def past_space(text: str, place: int) -> int:
    return _space(text, place).end()  # type: ignore[union-attr]

"""A part of an answer in its own bytes: parsing and dumping again would change them."""

from __future__ import annotations

import re
from json import JSONDecoder

# Values are only measured: their numbers may have more digits than Python reads.
_measure = JSONDecoder(parse_int=len, parse_float=len, parse_constant=len)
_names = JSONDecoder()
_space = re.compile(r"[ \t\n\r]*")


def member(body: bytes, *path: str) -> bytes | None:
    """The bytes of the value at this path of names as they stand in `body`; None where there is none.

    Of equal names the last one counts, as for every parser. Raises ValueError or RecursionError where the
    body is no JSON.
    """
    text = body.decode("utf-8", "surrogatepass")
    start, end = _past_space(text, 0), len(text)
    for name in path:
        found = _find(text, start, name)
        if found is None:
            return None
        start, end = found
    return text[start:end].encode("utf-8", "surrogatepass")


def _find(text: str, start: int, wanted: str) -> tuple[int, int] | None:
    """Where the value of a member begins and ends, in the object that begins at `start`."""
    if text[start : start + 1] != "{":
        return None
    found = None
    place = _past_space(text, start + 1)
    while text[place : place + 1] != "}":
        name, end = _names.raw_decode(text, place)
        value = _past_space(text, _past(":", text, end))
        _, end = _measure.raw_decode(text, value)
        if name == wanted:
            found = value, end
        place = _past_space(text, end)
        if text[place : place + 1] != "}":
            place = _past_space(text, _past(",", text, place))
    return found


def _past(mark: str, text: str, place: int) -> int:
    place = _past_space(text, place)
    if text[place : place + 1] != mark:
        raise ValueError(f"expected {mark!r} at character {place}")
    return place + 1


def _past_space(text: str, place: int) -> int:
    match = _space.match(text, place)
    return match.end() if match else place

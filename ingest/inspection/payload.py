"""A body as it can be shown: never fails, whatever the bytes are."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from .visible import visible

# Characters of a pretty-printed payload that are shown; a delivery of 25 MB is millions of lines.
SHOWN = 200_000
# Of what is no JSON, and so has no lines.
SHOWN_AS_IT_CAME = 4_000


@dataclass(frozen=True)
class Shown:
    """A payload's text, safe for a terminal. `cut` says that it is only the beginning, `unreadable` why it is
    no JSON and stands here as it came."""

    text: str
    cut: bool = False
    unreadable: str = ""


def pretty(body: bytes, limit: int = SHOWN) -> Shown:
    """The JSON text with indents; what is no JSON as text, with `\\xff` for bytes that are no UTF-8."""
    try:
        # Keeps numbers, repeated keys and escapes as they came, and never makes objects of them.
        formatted = msgspec.json.format(body, indent=2)
        return _shown(formatted.decode("utf-8", "backslashreplace"), limit)
    except (msgspec.MsgspecError, RecursionError):
        pass
    try:
        # A lone surrogate, a byte order mark or NaN, which msgspec refuses.
        parsed = json.loads(body)
        pieces = json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(parsed)
        return _shown(_first(pieces, limit), limit)
    except (ValueError, RecursionError) as error:
        shorter = min(limit, SHOWN_AS_IT_CAME)
        text = body[: shorter + 1].decode("utf-8", "backslashreplace")
        return _shown(text, shorter, f"the body is no JSON: {reason(error)}")


def parsed(body: bytes) -> Any:
    """The JSON as values that can be written as JSON again (NaN and numbers out of range as text).

    Raises ValueError with the reason where it is none.
    """
    try:
        return json.loads(body, parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the body is no JSON: {reason(error)}") from None


def reason(error: Exception) -> str:
    return "it is nested too deep to be read" if isinstance(error, RecursionError) else str(error)


def _shown(text: str, limit: int, unreadable: str = "") -> Shown:
    return Shown(visible(text[:limit]), len(text) > limit, unreadable)


def _first(pieces: Iterator[str], limit: int) -> str:
    found, length = [], 0
    for piece in pieces:
        found.append(piece)
        length += len(piece)
        if length > limit:
            break
    return "".join(found)


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text

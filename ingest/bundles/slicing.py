"""A line's members, with `payload` cut out of the line as it stands there.

Parsing a payload and dumping it again would change its bytes: key order, spaces, escapes, the digits of a
number.
"""

from __future__ import annotations

from json import JSONDecodeError, JSONDecoder
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct

from ingest import rawjson

from .broken import Broken

NAMES = (
    "source",
    "event_type",
    "action",
    "repository",
    "pr_number",
    "delivery_id",
    "received_at",
    "request",
    "headers",
    "body_base64",
)
_Line: Any = msgspec.defstruct(
    "_Line", [*((name, Any, UNSET) for name in NAMES), ("payload", Raw, Raw(b""))], bases=(Struct,)
)
_decode = msgspec.json.Decoder(_Line).decode


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_parser = JSONDecoder()
# Numbers are only measured: they may have more digits than Python reads.
_measure = JSONDecoder(parse_int=len, parse_float=len)
_measure_strictly = JSONDecoder(parse_int=len, parse_float=len, parse_constant=_refuse)


def members(line: bytes, *, strict: bool = False) -> dict[str, Any]:
    """The members that bundles know and this line has: parsed values, but `payload` as bytes.

    With `strict` a payload with NaN or Infinity is refused, which are no JSON though programs write them.
    Raises `Broken` where the line is not one JSON object in UTF-8.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise Broken(f"not UTF-8 at byte {error.start + 1}") from None
    try:
        found = _decode(line)
    except msgspec.ValidationError:
        raise Broken("not a JSON object") from None
    except (msgspec.DecodeError, UnicodeError):
        return _scan(text, _measure_strictly if strict else _measure)
    except RecursionError:
        raise Broken("nested too deep") from None
    known = {name: value for name in NAMES if (value := getattr(found, name)) is not UNSET}
    payload = bytes(found.payload)
    return known | {"payload": payload} if payload else known


def _scan(text: str, payload: JSONDecoder) -> dict[str, Any]:
    """The same by the standard library: msgspec refuses lone surrogates and NaN where nobody reads them."""
    found: dict[str, Any] = {}
    end = 0
    try:
        for name, start, end in rawjson.members(text, 0, payload):
            if name == "payload":
                found[name] = text[start:end].encode()
            elif name in NAMES:
                found[name], _ = _parser.raw_decode(text, start)
        end = rawjson.past_space(text, rawjson.past_space(text, end) + 1)
        if end < len(text):
            raise JSONDecodeError("Extra data", text, end)
    except JSONDecodeError as error:
        raise Broken(f"not a JSON object: {error.msg} at character {error.pos + 1}") from None
    except ValueError as error:
        raise Broken(f"not a JSON object: {error}") from None
    except RecursionError:
        raise Broken("nested too deep") from None
    return found

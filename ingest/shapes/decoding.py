"""Decoding a JSON text into the wanted fields of a Struct."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

from apps.metrics.processors import Unreadable

T = TypeVar("T")


def decode(decoder: msgspec.json.Decoder[T], text: bytes) -> T:
    """The wanted fields of a JSON object. Raises `Unreadable` with the path where one is not what it should
    be.
    """
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise Unreadable.from_msgspec(error) from None
    except (msgspec.DecodeError, UnicodeError):
        found: T = _decode_slowly(decoder.type, text)
        return found
    except RecursionError:
        raise Unreadable("", "the JSON is nested too deep to be read") from None


def _decode_slowly(kind: Any, text: bytes) -> Any:
    """msgspec refuses lone surrogates, a byte order mark and NaN, also in fields that nobody reads."""
    try:
        return msgspec.convert(json.loads(text), kind)
    except msgspec.ValidationError as error:
        raise Unreadable.from_msgspec(error) from None
    except RecursionError:
        raise Unreadable("", "the JSON is nested too deep to be read") from None
    except ValueError as error:
        raise Unreadable("", f"the body is no JSON: {error}") from None

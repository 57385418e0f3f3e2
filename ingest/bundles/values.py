"""Values of a line, checked so that no database refuses one: it would take the whole batch with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from apps.metrics.projection.text import UNSTORABLE

from .broken import Broken

LARGEST_ID = 2**63 - 1
LARGEST_NUMBER = 2**31 - 1
LARGEST_STATUS = 2**15 - 1


def text(value: Any, name: str, longest: int | None = None) -> str:
    """Empty for null. Raises `Broken`."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Broken(f"{name} is not a text")
    if longest is not None and len(value) > longest:
        raise Broken(f"{name} has {len(value):,} characters, {longest} are the most")
    if UNSTORABLE.search(value):
        raise Broken(f"{name} holds NUL or half a surrogate pair, which no database takes")
    return value


def integer(value: Any, name: str, least: int, largest: int) -> int | None:
    """None for null. Raises `Broken`."""
    if value is None:
        return None
    if type(value) is not int:
        raise Broken(f"{name} is not an integer")
    if not least <= value <= largest:
        raise Broken(f"{name} is not between {least} and {largest}")
    return value


def time(value: Any, name: str) -> datetime | None:
    """None for null; UTC where the text names no offset. Raises `Broken`."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(text(value, name))
    except ValueError:
        raise Broken(f"{name} is no time like 2026-01-31T10:00:00Z") from None
    if not 1970 <= found.year < 2100:
        raise Broken(f"{name} is not between 1970 and 2100")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def members_of(value: Any, name: str) -> dict[str, Any]:
    """Empty for null. Raises `Broken`."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Broken(f"{name} is not an object")
    return value


def written(time: datetime | None) -> str | None:
    """As GitHub writes times, with the microseconds that there are; `time` reads the same instant back."""
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")

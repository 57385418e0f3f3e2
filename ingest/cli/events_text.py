"""How the subcommands of `events` write times, sizes and text of payloads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console

from ingest.inspection.listing import EventLine
from ingest.inspection.timeline import Moment
from ingest.inspection.visible import shortened, visible_line

from .scope_options import positive

# From this width on, a list has one line an event; below, two.
WIDE = 130


def time(value: datetime | None) -> str:
    """In UTC to the second; a dash for an unknown time."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if value else "-"


def size(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def number(value: int) -> str:
    return f"#{value}" if value else "-"


def of_payload(text: str) -> str:
    """Text that came from outside, or a dash for none. Nothing in it can drive the terminal."""
    return visible_line(text) or "-"


def value(found: Any, length: int = 100) -> str:
    """A value of a payload or a row in one line."""
    if isinstance(found, datetime):
        return time(found)
    if isinstance(found, str | int | float | list | dict) or found is None:
        found = json.dumps(found, ensure_ascii=False, default=str)
    return shortened(visible_line(str(found)), length)


def add_pull(parser: CommandParser) -> None:
    """The options that name one pull request."""
    parser.add_argument("--team", required=True, metavar="SLUG")
    parser.add_argument(
        "--repo", required=True, metavar="OWNER/REPO", help="present or former name, or GitHub's numeric id"
    )
    parser.add_argument("--pr", required=True, type=positive, metavar="NUMBER")


def print_reasons(screen: Console, events: Sequence[EventLine | Moment]) -> None:
    """Why events were not processed, each reason once, with the ids that it is about."""
    found: dict[str, list[int]] = {}
    for e in events:
        if e.status.told:
            text = of_payload(f"{e.status.name}: {e.event_type}: {e.status.told}")
            found.setdefault(text, []).append(e.id)
    for text, ids in found.items():
        more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
        screen.print(f"{text} ({', '.join(map(str, ids[:3]))}{more})")

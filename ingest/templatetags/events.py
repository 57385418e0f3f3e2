"""How pages over the log write what came from outside."""

from __future__ import annotations

from typing import Any

from django import template

from ingest.inspection import visible
from ingest.inspection.status import Status

register = template.Library()

KINDS = {
    "processed": "success",
    "pending": "info",
    "parked": "error",
    "skipped": "warning",
    "ignored": "neutral",
    "unhandled": "warning",
}


@register.filter
def line(text: Any) -> str:
    """In one line, marks of direction and control characters written out. Django escapes it."""
    return visible.visible_line(str(text))


@register.filter
def lines(text: Any) -> str:
    return visible.visible(str(text))


@register.filter
def status_kind(status: Status) -> str:
    """The colour of a badge."""
    return KINDS[status.name]


@register.filter
def bytes_of(size: int | None) -> str:
    """As 312 B, 10.7 KB, 25.0 MB."""
    if size is None:
        return "-"
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} KB" if size < 999_950 else f"{size / 1_000_000:.1f} MB"

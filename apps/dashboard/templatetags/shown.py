"""How pages write values. An unknown one is a dash, never 0."""

from typing import Any

from django import template

from apps.dashboard.listing import Filters
from apps.metrics.models import PullRequest

register = template.Library()


@register.filter
def hours(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f} h"


@register.filter
def count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


@register.filter
def kind(evidence: str) -> str:
    """What spoke for it: "label" of "label: hotfix"."""
    return evidence.partition(":")[0]


@register.filter
def is_bot(pull: PullRequest) -> bool:
    # The type is missing in old recordings of Enterprise Server; no login of a person holds a bracket.
    return pull.author_kind == "Bot" or pull.author_login.endswith("[bot]")


@register.filter
def is_ghost(pull: PullRequest) -> bool:
    """GitHub sends null for the account of somebody who deleted it."""
    return pull.author is None and not pull.author_login


@register.simple_tag
def address(filters: Filters, **changes: Any) -> str:
    return filters.address(**{name: str(value) for name, value in changes.items()})


@register.filter
def seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


@register.filter
def measure(value: float | None, unit: str) -> str:
    """Hours with 2 decimals; what has no unit with as many as it needs."""
    if value is None:
        return "-"
    return f"{value:,.2f}{unit}" if unit else f"{value:,.2f}".rstrip("0").rstrip(".")


@register.filter
def duration(seconds: float) -> str:
    """Of something that is expected, so roughly: "2 minutes"."""
    if seconds < 100:
        return f"{max(round(seconds), 1)} s"
    if seconds < 100 * 60:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"


@register.filter
def plain(value: float) -> str:
    """For an attribute, whatever the language."""
    return f"{value:.3f}"


@register.filter
def yesno_or_count(value: bool | int) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else f"{value:,}"


@register.filter
def first_line(text: str | None) -> str:
    return (text or "").partition("\n")[0]


@register.filter
def told(value: Any) -> str:
    """A detail of an audit line: lists and objects on one line, long ones cut."""
    if isinstance(value, dict):
        text = ", ".join(f"{name}: {told(one)}" for name, one in value.items()) or "all"
    elif isinstance(value, list):
        text = ", ".join(map(str, value[:10])) + (f" and {len(value) - 10} more" if len(value) > 10 else "")
    else:
        text = "-" if value is None else str(value)
    return text if len(text) <= 300 else f"{text[:299]}…"

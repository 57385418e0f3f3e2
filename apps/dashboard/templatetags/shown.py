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

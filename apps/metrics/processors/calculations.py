"""Small functions over single values, for callers that have no stream at hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.metrics.formulas.hours import hours_between

if TYPE_CHECKING:
    from apps.metrics.models import TeamMember
    from apps.teams.models import Team


def _parse_github_timestamp(text: str | None) -> datetime | None:
    """GitHub's ISO 8601 (`2026-01-02T03:04:05Z`, sometimes with an offset) as an aware datetime in UTC.

    Raises ValueError for text that is no timestamp.
    """
    if not text:
        return None
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _determine_pr_state(pull_request: Mapping[str, Any]) -> str:
    """open, merged or closed. A list's item has no `merged`: `merged_at` alone says it."""
    state = str(pull_request.get("state", "")).lower()
    if pull_request.get("merged_at") or pull_request.get("merged") is True or state == "merged":
        return "merged"
    return "closed" if state == "closed" else "open"


def _calculate_cycle_time_hours(pr_created_at: datetime | None, merged_at: datetime | None) -> Decimal | None:
    """From opened to merged in hours with 2 decimals; None where one is missing."""
    return hours_between(pr_created_at, merged_at)


def _calculate_time_diff_hours(start: datetime | None, end: datetime | None) -> Decimal | None:
    """From start to end in hours with 2 decimals; None where one is missing."""
    return hours_between(start, end)


def _get_team_member_by_github_id(team: Team, github_id: int | str | None) -> TeamMember | None:
    """The team's member with this numeric account id, or None."""
    from apps.metrics.models import TeamMember

    if github_id in (None, ""):
        return None
    return TeamMember.for_team(team).filter(github_id=str(github_id)).first()

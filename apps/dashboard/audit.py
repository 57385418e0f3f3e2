"""Keeps the record of what is done to teams."""

from typing import Any

from apps.teams.listeners import LISTENERS
from apps.teams.models import Team
from ingest.models import AuditLine


def record(team: Team, who: str, action: str, detail: dict[str, Any]) -> None:
    AuditLine.objects.create(team=team, who=who, action=action, detail=detail)


def register() -> None:
    if record not in LISTENERS:
        LISTENERS.append(record)

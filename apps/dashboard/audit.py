"""Keeps the record of what is done to teams, and finds in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet

from apps.teams.listeners import LISTENERS
from apps.teams.models import Team
from ingest.models import AuditLine


def record(team: Team, who: str, action: str, detail: dict[str, Any]) -> None:
    AuditLine.objects.create(team=team, who=who, action=action, detail=detail)


def register() -> None:
    if record not in LISTENERS:
        LISTENERS.append(record)


class AuditFilters(forms.Form):
    """Which lines of a team; what can't be read selects none."""

    who = forms.CharField(required=False, help_text="e-mail, or a part of it")
    action = forms.CharField(required=False, help_text="as “replay”, or its beginning")
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="Until and with"
    )

    @property
    def is_filtered(self) -> bool:
        return not self.is_valid() or any(self.cleaned_data.values())

    def select(self, team: Team) -> QuerySet[AuditLine]:
        found = AuditLine.for_team(team)
        if not self.is_valid():
            return found.none()
        given = self.cleaned_data
        if given["who"]:
            found = found.filter(who__icontains=given["who"])
        if given["action"]:
            found = found.filter(action__istartswith=given["action"])
        if given["since"]:
            found = found.filter(at__gte=_midnight(given["since"]))
        # The last day that there is has no day after it.
        if given["until"] and given["until"] < date.max:
            found = found.filter(at__lt=_midnight(given["until"] + timedelta(days=1)))
        return found


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

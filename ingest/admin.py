"""The log and what is kept about it, to look at. Bodies are not shown: the events' own pages record who reads
them."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from apps.teams.looking import LookOnly, by_id
from apps.teams.models import Team

from .models import AuditLine, Fetch, ParkedEvent, RawGitHubEvent, Run, SkippedEvent, Stream

SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.IGNORECASE)


@admin.register(RawGitHubEvent)
class RawGitHubEventAdmin(LookOnly):
    heavy = ("packed",)
    list_display = (
        "pk",
        "team",
        "source",
        "event_type",
        "action",
        "repository_name",
        "number",
        "received_at",
    )
    list_filter = ("team",)
    raw_id_fields = ("fetch",)
    search_help_text = "an event's id, a delivery's id, or the whole sha of a commit"

    def exactly(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        if text.isdecimal():
            return by_id(rows, text)
        # The indexes begin with the team.
        teams = list(Team.objects.values_list("pk", flat=True))
        if SHA.fullmatch(text):
            return rows.filter(team__in=teams, object_id=text.lower())
        return rows.filter(team__in=teams, delivery_id=text)


@admin.register(Fetch)
class FetchAdmin(LookOnly):
    list_display = ("pk", "team", "status", "url", "answered_at", "truncated")


@admin.register(Stream)
class StreamAdmin(LookOnly):
    list_display = ("pk", "team", "repository_id", "number", "events", "applied", "version")
    search_help_text = "a stream's id, or as 123456#7: the repository's id and the number"

    def exactly(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        if place := re.fullmatch(r"(\d{1,18})#(\d{1,9})", text, re.ASCII):
            teams = list(Team.objects.values_list("pk", flat=True))
            return rows.filter(team__in=teams, repository_id=int(place[1]), number=int(place[2]))
        return by_id(rows, text)


@admin.register(ParkedEvent)
class ParkedEventAdmin(LookOnly):
    list_display: tuple[str, ...] = (
        "pk",
        "team",
        "event_id",
        "event_type",
        "error",
        "path",
        "attempts",
    )
    search_help_text = "the id of the event"

    def exactly(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        fits = text.isascii() and text.isdecimal() and len(text) < 19
        return rows.filter(event=int(text)) if fits else rows.none()


@admin.register(SkippedEvent)
class SkippedEventAdmin(ParkedEventAdmin):
    list_display = ("pk", "team", "event_id", "reason", "who", "at")


@admin.register(Run)
class RunAdmin(LookOnly):
    list_display = ("pk", "team", "kind", "state", "created_at", "finished_at", "error")


@admin.register(AuditLine)
class AuditLineAdmin(LookOnly):
    list_display = ("pk", "team", "at", "who", "action")

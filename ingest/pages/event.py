"""One event: who sent what when, what became of it, and what can be done about it. No payload."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.teams.access import for_members, is_admin
from apps.teams.models import Team
from ingest.inspection.browsing import count
from ingest.inspection.effects import effects_of
from ingest.inspection.event import EventFacts, facts_of, find_event
from ingest.models import RawGitHubEvent, SkippedEvent
from ingest.replay.scope import Scope

from .reading import event_of, may_read, withhold

FULL_NAME = re.compile(r"[A-Za-z0-9-]+/[\w.-]+", re.ASCII)
SHA = re.compile(r"[0-9a-f]{40}")


@for_members
def show_event(request: HttpRequest, team: Team, event_id: int) -> HttpResponse:
    event_of(team, event_id)
    event = find_event(event_id)
    facts = facts_of(event)
    context = {
        "team": team,
        "event": event,
        "facts": facts,
        "signature": signature_sentence(facts),
        "attempts": withhold(request, facts.attempts),
        "effects": effects_of(event, facts),
        "of_stream": _of_stream(team, event),
        "github": github_address(event),
        "may_read": may_read(request),
        "is_admin": is_admin(request),
        "can_skip": facts.line.status.name == "parked" and any(not a.whole_stream for a in facts.attempts),
        "skipped": SkippedEvent.for_team(team).filter(event=event_id).first(),
        "tab": "facts",
    }
    return render(request, "events/event.html", context)


def signature_sentence(facts: EventFacts) -> str:
    """What is known of who sent it. A delivery whose signature does not fit is not stored."""
    if facts.line.source == RawGitHubEvent.Source.IMPORT:
        return "imported: not checked here"
    if not facts.is_delivery:
        return "an answer to our own request, over the connection to GitHub"
    if facts.request is not None:
        return "from the deliveries API, not checkable"
    if not facts.signature:
        return "no signature came with it"
    return f"fits the team's secret ({facts.signature}), checked before it was stored"


def github_address(event: RawGitHubEvent) -> str:
    """The page at GitHub; empty where there is none that can be told. The name is what a payload says."""
    name = event.repository_name
    if not FULL_NAME.fullmatch(name) or ".." in name:
        return ""
    base = f"{settings.GITHUB_WEB_URL.rstrip('/')}/{name}"
    if event.event_type == "commit" and SHA.fullmatch(event.object_id):
        return f"{base}/commit/{event.object_id}"
    return f"{base}/pull/{event.number}" if event.number else base


def _of_stream(team: Team, event: Any) -> Any:
    """How many events its pull request has: as many as the list of them."""
    if not event.number:
        return None
    return count(team, Scope(team=team.slug, repo=str(event.repository_id), pr=event.number))

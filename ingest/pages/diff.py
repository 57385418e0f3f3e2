"""An event compared with the one before it of the same object, or with any other."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.teams.models import Team
from ingest.inspection.comparison import compare
from ingest.inspection.diff import ABSENT, Change
from ingest.inspection.event import find_event
from ingest.inspection.listing import lines
from ingest.inspection.order import versions
from ingest.inspection.status import with_status
from ingest.inspection.visible import shortened, visible_line
from ingest.models import RawGitHubEvent
from ingest.replay.scope import UnknownScope

from .reading import event_of, for_payload_readers, record_view

SHOWN = 500
LONGEST = 1_000
# Of one object, to choose from.
VERSIONS = 100


@require_GET
@for_payload_readers
def show_diff(request: HttpRequest, team: Team, event_id: int) -> HttpResponse:
    """`with` names the other event, `all` shows noise too."""
    event = event_of(team, event_id)
    everything = request.GET.get("all") == "1"
    asked = request.GET.get("with", "").strip()
    context: dict[str, Any] = {
        "team": team,
        "tab": "diff",
        "may_read": True,
        "event": find_event(event_id),
        "asked": asked,
        "everything": everything,
        "versions": _versions(team, event),
    }
    try:
        other = _other(team, asked)
        found = compare(event_id, other, everything=everything)
    except (UnknownScope, ValueError) as error:
        context["nothing"] = _sentence(str(error))
    else:
        record_view(request, team, event_id, *([found.before.pk] if found.before else []))
        context |= {
            "found": found,
            "changes": [_row(change) for change in found.changes[:SHOWN]],
            "left": max(len(found.changes) - SHOWN, 0),
        }
    return render(request, "events/diff.html", context)


def _other(team: Team, asked: str) -> int | None:
    if not asked:
        return None
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        raise UnknownScope(f"{asked[:40]!r} is no number of an event")
    if not RawGitHubEvent.for_team(team).filter(pk=int(asked)).exists():
        raise UnknownScope(f"no stored event of this team has the id {asked}")
    return int(asked)


def _versions(team: Team, event: RawGitHubEvent) -> list[Any]:
    """Of the same object, the newest first."""
    ids = [each.pk for each in versions(event)][-VERSIONS:][::-1] if event.object_id else []
    rows = {e.pk: e for e in with_status(RawGitHubEvent.for_team(team).filter(pk__in=ids)).defer("packed")}
    return lines([rows[pk] for pk in ids if pk in rows])


def _row(change: Change) -> tuple[str, str, str, str]:
    """Path, before, after, and what happened."""
    kind = "added" if change.before is ABSENT else "removed" if change.after is ABSENT else "changed"
    return visible_line(shortened(str(change), 300)), value(change.before), value(change.after), kind


def value(found: Any) -> str:
    if found is ABSENT:
        return ""
    try:
        # Not all of what may be 25 MB is written, to show its beginning.
        text = _beginning(found)
    except RecursionError:
        text = "(nested too deep to be shown)"
    return visible_line(shortened(text, LONGEST))


def _beginning(found: Any) -> str:
    if isinstance(found, str):
        return json.dumps(found[:LONGEST], ensure_ascii=False)
    parts, length = [], 0
    for part in json.JSONEncoder(ensure_ascii=False).iterencode(found):
        parts.append(part[: LONGEST + 1])
        length += len(part)
        if length > LONGEST:
            break
    return "".join(parts)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."

"""The payload of an event: as a tree, as text, and its exact bytes to download."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.teams.models import Team
from ingest.inspection import places, tree
from ingest.inspection.event import facts_of, find_event
from ingest.inspection.visible import visible

from .reading import event_of, for_payload_readers, record_view

# Characters of the bytes as they came that a page shows.
SHOWN = 100_000


@require_GET
@for_payload_readers
def show_payload(request: HttpRequest, team: Team, event_id: int) -> HttpResponse:
    """`path` shows a branch, `find` lists places, `view=raw` the text as it came."""
    event_of(team, event_id)
    event = find_event(event_id)
    record_view(request, team, event_id)
    context: dict[str, Any] = {
        "team": team,
        "event": event,
        "facts": facts_of(event),
        "tab": "payload",
        "may_read": True,
        "path": request.GET.get("path", "$").replace("\0", "") or "$",
        "find": request.GET.get("find", "").replace("\0", "")[:200],
    }
    if request.GET.get("view") == "raw":
        context |= _as_it_came(event.body) | {"tab": "raw"}
    else:
        try:
            context |= _tree(tree.parse(event.json_bytes), context["path"], context["find"], _from(request))
        except tree.Unreadable as error:
            context |= {"unreadable": str(error)} | _as_it_came(event.body)
    return render(request, "events/payload.html", context)


@require_GET
@for_payload_readers
def download(request: HttpRequest, team: Team, event_id: int) -> HttpResponse:
    """The exact bytes, never as something that a browser would show or run."""
    event_of(team, event_id)
    event = find_event(event_id)
    record_view(request, team, event_id)
    answer = HttpResponse(event.body, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="event-{event_id}.json"'
    return answer


def _from(request: HttpRequest) -> int:
    value = request.GET.get("from", "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def _as_it_came(body: bytes) -> dict[str, Any]:
    text = body[: SHOWN + 1].decode("utf-8", "backslashreplace")
    return {"raw": visible(text[:SHOWN]), "raw_cut": len(body) > SHOWN}


def _tree(payload: Any, path: str, find: str, start: int) -> dict[str, Any]:
    try:
        steps: Any = places.read(path)
    except places.BadPath as error:
        return {"nothing": f"{error}."}
    found = list(places.at(payload, steps)) if None not in steps else []
    if not found:
        return {"nothing": "Nothing stands at this path."}
    if find:
        return {"hits": tree.find(found[0], find, steps)}
    above = places.written(steps[:-1]) if steps else ""
    return {"tokens": list(tokens(tree.tree(found[0], steps, start))), "above": above, "start": start}


def tokens(root: tree.Node) -> Any:
    """The tree as a flat row of openings, leaves and ends: a template that calls itself 30 deep is slow."""
    waiting: list[tuple[str, tree.Node]] = [("node", root)]
    while waiting:
        kind, node = waiting.pop()
        if kind == "end":
            yield "end", node
        elif node.children:
            yield "open", node
            waiting.append(("end", node))
            waiting.extend(("node", child) for child in reversed(node.children))
        else:
            yield "leaf", node

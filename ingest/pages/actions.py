"""What can be done about an event: replay its stream, skip it, fold it again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_POST

from apps.teams.access import for_admins, signed_in
from apps.teams.models import Team
from ingest.models import Run
from ingest.replay.scope import Scope
from ingest.replay.skipping import NotParked, skip, undo
from ingest.replay.starting import start_replay

from .reading import event_of

LONGEST = 1_000


@require_POST
@for_admins
def replay_stream(request: HttpRequest, team: Team, event_id: int) -> HttpResponse:
    return _start(request, team, event_id, "replay")


@require_POST
@for_admins
def dry_run_stream(request: HttpRequest, team: Team, event_id: int) -> HttpResponse:
    return _start(request, team, event_id, "dry-run")


def _start(request: HttpRequest, team: Team, event_id: int, mode: str) -> HttpResponse:
    event_of(team, event_id)
    # An event selects its stream, which is folded whole.
    run = start_replay(Scope(team=team.slug, events=(event_id,)), signed_in(request).email, mode)
    what = "The dry run" if mode == "dry-run" else "The replay"
    messages.success(
        request, f"{what} of this event's stream is run {run.pk}. Nothing is sent anywhere by it."
    )
    return redirect(_address_of(run, team) or _event(team, event_id))


def _address_of(run: Run, team: Team) -> str:
    try:
        return reverse("replays:run", args=[team.slug, run.pk])
    except NoReverseMatch:
        return ""


@require_POST
@for_admins
def skip_event(request: HttpRequest, team: Team, event_id: int) -> HttpResponse:
    event_of(team, event_id)
    try:
        skip([event_id], request.POST.get("reason", "").replace("\0", "")[:LONGEST], signed_in(request).email)
    except (NotParked, ValueError) as error:
        messages.error(request, f"Not skipped: {error}.")
    else:
        messages.success(request, "Skipped: its stream was folded without it. It stays in the log.")
    return redirect(_event(team, event_id))


@require_POST
@for_admins
def undo_skip(request: HttpRequest, team: Team, event_id: int) -> HttpResponse:
    event_of(team, event_id)
    if undo([event_id], signed_in(request).email):
        messages.success(request, "It is folded again. If it still fails, it is parked again.")
    else:
        messages.info(request, "It was not skipped.")
    return redirect(_event(team, event_id))


def _event(team: Team, event_id: int) -> str:
    return reverse("events:event", args=[team.slug, event_id])

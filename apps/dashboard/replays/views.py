"""Replays: all of a team, one of them, and how one begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.dashboard.keyset import before_of
from apps.metrics.models import Repository
from apps.teams.access import for_admins, for_members, is_admin, signed_in
from apps.teams.confirming import TypedConfirmation
from apps.teams.fragments import page_or_fragment
from apps.teams.models import Team
from ingest.models import AuditLine, Run
from ingest.pages.reading import withhold
from ingest.pages.steering import steer
from ingest.replay.looks import MODES as LOOKS
from ingest.replay.scope import Scope, UnknownScope
from ingest.replay.starting import start_replay
from ingest.runs import changes
from ingest.tasks import tell_workers

from .forms import ScopeForm, in_words, is_whole_team, parameters, repository_names
from .run_view import MODES, ReplayView

ON_A_PAGE = 30


@for_members
def show_replays(request: HttpRequest, team: Team) -> HttpResponse:
    now = timezone.now()
    runs = Run.for_team(team).filter(kind=Run.Kind.REPLAY).select_related("team").order_by("-pk")
    state = request.GET.get("state", "")
    if state in Run.State.values:
        runs = runs.filter(state=state)
    if before := before_of(request.GET):
        runs = runs.filter(pk__lt=before)
    found = list(runs[: ON_A_PAGE + 1])
    shown = found[:ON_A_PAGE]
    names = repository_names(team, [Scope.of(run) for run in shown])
    context = {
        "team": team,
        "views": [ReplayView(run, now, names) for run in shown],
        "older": shown[-1].pk if len(found) > len(shown) else None,
        "before": before,
        "state": state,
        "states": Run.State.choices,
        "is_admin": is_admin(request),
    }
    return page_or_fragment(request, "replays/page.html", "replays/list.html", context)


@for_members
def new_replay(request: HttpRequest, team: Team) -> HttpResponse:
    return _choose(request, team, ScopeForm(team, request.GET))


@for_admins
@require_POST
def begin_replay(request: HttpRequest, team: Team) -> HttpResponse:
    """Start it, or go to the one that is at the same already. Workers do it; nothing is waited for."""
    mode = request.POST.get("mode", "")
    if mode not in MODES:
        return HttpResponseBadRequest("mode: replay, dry-run or verify")
    form = ScopeForm(team, request.POST)
    confirmation = None
    if not form.is_valid():
        return _choose(request, team, form, status=400)
    scope = form.scope()
    if mode == "replay" and is_whole_team(scope):
        confirmation = TypedConfirmation(team.slug, request.POST if "typed" in request.POST else None)
        if not confirmation.is_valid():
            return _choose(request, team, form, confirmation=confirmation, status=400)
    asked_at, who = timezone.now(), signed_in(request).email
    try:
        run = start_replay(scope, who, mode)
    except UnknownScope as error:
        form.add_error(None, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return _choose(request, team, form, status=400)
    if run.created_at < asked_at:
        messages.info(request, "The same was asked before and is not over: this is it.")
    elif mode in LOOKS:
        detail = {"run": run.pk, "scope": scope.as_json()}
        AuditLine.objects.create(team=team, who=who, action=mode, detail=detail)
    return redirect("replays:run", team_slug=team.slug, run_id=run.pk)


@for_members
def show_replay(request: HttpRequest, team: Team, run_id: int) -> HttpResponse:
    run = _found(team, run_id)
    if run.state == Run.State.FAILED:
        [run] = withhold(request, [run])
    view = ReplayView(run, timezone.now())
    asked_by_htmx = bool(request.htmx)  # type: ignore[attr-defined]
    context: dict[str, Any] = {"team": team, "view": view, "is_admin": is_admin(request)}
    if view.whole_team:
        context["confirmation"] = TypedConfirmation(team.slug)
    if not asked_by_htmx:
        lines = AuditLine.for_team(team).filter(action=view.mode, detail__run=run.pk)
        context["who"] = lines.values_list("who", flat=True).first()
    return page_or_fragment(request, "replays/one.html", "replays/live.html", context, over=not view.alive)


@for_admins
@require_POST
def pause_replay(request: HttpRequest, team: Team, run_id: int) -> HttpResponse:
    return _changed(request, team, run_id, "pause", changes.pause, "It is paused, or over, already.")


@for_admins
@require_POST
def cancel_replay(request: HttpRequest, team: Team, run_id: int) -> HttpResponse:
    return _changed(request, team, run_id, "cancel", changes.cancel, "It is over already.")


@for_admins
@require_POST
def resume_replay(request: HttpRequest, team: Team, run_id: int) -> HttpResponse:
    return _changed(request, team, run_id, "resume", _resume, "It is not paused.")


def _resume(run: Run) -> bool:
    changed = changes.resume(run)
    if changed:
        transaction.on_commit(lambda: tell_workers(run))
    return changed


def _changed(
    request: HttpRequest, team: Team, run_id: int, action: str, change: Callable[[Run], bool], no: str
) -> HttpResponse:
    run = _found(team, run_id)
    steer(request, run, f"{action} replay", change, no)
    return redirect("replays:run", team_slug=team.slug, run_id=run.pk)


def _choose(
    request: HttpRequest,
    team: Team,
    form: ScopeForm,
    *,
    confirmation: TypedConfirmation | None = None,
    status: int = 200,
) -> HttpResponse:
    scope = form.scope() if form.is_valid() else None
    context = {
        "team": team,
        "form": form,
        "scope": scope,
        "words": in_words(scope, repository_names(team, [scope])) if scope else [],
        "parameters": parameters(scope) if scope else [],
        "whole_team": scope is not None and is_whole_team(scope),
        "confirmation": confirmation or TypedConfirmation(team.slug),
        "names": Repository.for_team(team).order_by("full_name").values_list("full_name", flat=True)[:1000],
        "is_admin": is_admin(request),
    }
    return render(request, "replays/new.html", context, status=status)


def _found(team: Team, run_id: int) -> Run:
    run = Run.for_team(team).select_related("team").filter(pk=run_id, kind=Run.Kind.REPLAY).first()
    if run is None:
        raise Http404("No such replay, or none of this team's.")
    return run

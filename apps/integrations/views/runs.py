"""Backfills: all of a team, and one of them, which an admin pauses, resumes and cancels."""

from __future__ import annotations

from collections.abc import Callable

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.integrations.models import TrackedRepository
from apps.integrations.services.repositories.progress import progress_of
from apps.integrations.services.runs.lanes import turns_of
from apps.integrations.services.runs.owing import owing
from apps.integrations.services.runs.view import RunView, parked_by_run
from apps.integrations.services.sending import send_after_commit
from apps.integrations.tasks import continue_backfill
from apps.teams.access import for_admins, for_members, is_admin
from apps.teams.fragments import page_or_fragment
from apps.teams.models import Team
from ingest.models import Run
from ingest.pages.reading import withhold
from ingest.pages.steering import steer
from ingest.runs import changes

ON_A_PAGE = 30


@for_members
def show_runs(request: HttpRequest, team: Team) -> HttpResponse:
    now = timezone.now()
    runs = Run.for_team(team).filter(kind=Run.Kind.BACKFILL).order_by("-pk")
    repository = request.GET.get("repository", "")
    if repository.isdecimal() and len(repository) < 19:
        runs = runs.filter(github_repo_id=int(repository))
    state = request.GET.get("state", "")
    if state in Run.State.values:
        runs = runs.filter(state=state)
    page = Paginator(runs, ON_A_PAGE).get_page(request.GET.get("page"))
    parked = parked_by_run(team, page.object_list)
    turns = turns_of(team, page.object_list, now)
    context = {
        "team": team,
        "progress": progress_of(team),
        "page": page,
        "rows": [
            (RunView(run, now, turns.get(run.pk, "")), parked.get(run.pk, 0)) for run in page.object_list
        ],
        "repositories": TrackedRepository.for_team(team).order_by("full_name", "pk"),
        "repository": repository,
        "states": Run.State.choices,
        "state": state,
    }
    return page_or_fragment(request, "integrations/runs/page.html", "integrations/runs/list.html", context)


@for_members
def show_run(request: HttpRequest, team: Team, run_id: int) -> HttpResponse:
    run, now = _found(team, run_id), timezone.now()
    view = RunView(run, now, turns_of(team, [run], now).get(run.pk, ""))
    parked = withhold(request, view.parked())
    context = {
        "team": team,
        "view": view,
        "parked": parked,
        "owing": owing(run),
        "is_admin": is_admin(request),
    }
    return page_or_fragment(
        request, "integrations/runs/one.html", "integrations/runs/live.html", context, over=not view.alive
    )


@for_admins
@require_POST
def pause_run(request: HttpRequest, team: Team, run_id: int) -> HttpResponse:
    return _changed(request, team, run_id, "pause", changes.pause, "It is paused, or over, already.")


@for_admins
@require_POST
def cancel_run(request: HttpRequest, team: Team, run_id: int) -> HttpResponse:
    return _changed(request, team, run_id, "cancel", changes.cancel, "It is over already.")


@for_admins
@require_POST
def resume_run(request: HttpRequest, team: Team, run_id: int) -> HttpResponse:
    return _changed(request, team, run_id, "resume", _resume, "It is not paused.")


def _resume(run: Run) -> bool:
    with transaction.atomic():
        changed = changes.resume(run)
        if changed:
            send_after_commit(continue_backfill, run.pk)
    return changed


def _changed(
    request: HttpRequest, team: Team, run_id: int, action: str, change: Callable[[Run], bool], no: str
) -> HttpResponse:
    run = _found(team, run_id)
    steer(request, run, f"{action} run", change, no, repository=run.scope.get("repository"))
    return redirect("integrations:run", team_slug=team.slug, run_id=run.pk)


def _found(team: Team, run_id: int) -> Run:
    run = Run.for_team(team).select_related("team").filter(pk=run_id, kind=Run.Kind.BACKFILL).first()
    if run is None:
        raise Http404("No such run, or none of this team's.")
    return run

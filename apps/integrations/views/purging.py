"""Deleting what was stored, apart from unfollowing: confirmed by typing a name, done by a worker."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from apps.integrations.models import Purge, TrackedRepository
from apps.integrations.services import purges
from apps.integrations.services.sending import send_after_commit
from apps.integrations.tasks import work_on_purge
from apps.integrations.views.repositories import found_tracked
from apps.teams.access import for_admins, signed_in
from apps.teams.confirming import TypedConfirmation
from apps.teams.fragments import page_or_fragment
from apps.teams.models import Team
from ingest.log.purging import streams_of
from ingest.models import Run


@for_admins
def purge_repository(request: HttpRequest, team: Team, repo_id: int) -> HttpResponse:
    tracked = found_tracked(team, repo_id)
    return _purge(request, team, repo_id, tracked.full_name)


@for_admins
def purge_team(request: HttpRequest, team: Team) -> HttpResponse:
    return _purge(request, team, 0, "")


def _purge(request: HttpRequest, team: Team, repo_id: int, full_name: str) -> HttpResponse:
    confirmation = TypedConfirmation(
        full_name or team.slug, request.POST if request.method == "POST" else None
    )
    if request.method == "POST" and confirmation.is_valid():
        asked = purges.ask(team, repo_id, full_name, signed_in(request).email)
        send_after_commit(work_on_purge, asked.pk)
        messages.info(request, "It is being deleted.")
        return redirect(request.path)
    chosen = None if repo_id == 0 else {repo_id: full_name}
    last = Purge.for_team(team).filter(github_repo_id=repo_id).order_by("-pk").first()
    runs = Run.for_team(team).filter(kind=Run.Kind.BACKFILL, state__in=Run.ACTIVE)
    followed = TrackedRepository.for_team(team).filter(is_active=True)
    alive = last is not None and last.state in Purge.LIVING
    context = {
        "team": team,
        "full_name": full_name,
        "repo_id": repo_id,
        "followed": (followed.filter(github_repo_id=repo_id) if repo_id else followed).count(),
        "confirmation": confirmation,
        "events": streams_of(team, chosen).aggregate(events=Sum("events"))["events"] or 0,
        "living": runs.filter(github_repo_id=repo_id).exists() if repo_id else runs.exists(),
        "last": last,
        "alive": alive,
        "is_silent": alive and last is not None and purges.is_silent(last, timezone.now()),
    }
    return page_or_fragment(
        request, "integrations/purge/page.html", "integrations/purge/state.html", context, over=not alive
    )

"""Following, syncing, a webhook tried again, a plan: what an admin does with one repository."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.integrations.models import TrackedRepository
from apps.integrations.services.purges import NotBegun
from apps.integrations.services.repositories import choosing, tracking
from apps.integrations.services.repositories.planning import plan_of
from apps.integrations.views.repositories import (
    found_card,
    found_listed,
    found_tracked,
    repository_page,
    to_repository,
)
from apps.teams.access import for_admins, signed_in
from apps.teams.models import Team


@for_admins
@require_POST
def toggle_repository(request: HttpRequest, team: Team, repo_id: int) -> HttpResponse:
    """Follow (`follow=1`) or not (`follow=0`); said twice, it is done once. Without it: the other way."""
    tracked = TrackedRepository.for_team(team).filter(github_repo_id=repo_id).first()
    followed = tracked is not None and tracked.is_active
    wanted = request.POST.get("follow", "0" if followed else "1") == "1"
    if wanted:
        _follow(request, team, repo_id)
    elif tracked is not None and tracking.unfollow(tracked, signed_in(request).email):
        messages.success(request, f"{tracked.full_name} is not followed any more. What was stored stays.")
    return _shown(request, team, repo_id)


@for_admins
@require_POST
def sync_repository(request: HttpRequest, team: Team, repo_id: int) -> HttpResponse:
    """Queue a backfill, or open the one that lives."""
    tracked = found_tracked(team, repo_id, is_active=True)
    try:
        run, new = tracking.sync(tracked, choosing.window_of(request.POST), signed_in(request).email)
    except NotBegun as error:
        messages.error(request, str(error))
        return _shown(request, team, repo_id)
    if not new:
        messages.info(request, f"Run {run.pk} of {tracked.full_name} is not over yet: this is it.")
    if request.htmx:  # type: ignore[attr-defined]
        return _shown(request, team, repo_id)
    return redirect("integrations:run", team_slug=team.slug, run_id=run.pk)


@for_admins
@require_POST
def retry_webhook(request: HttpRequest, team: Team, repo_id: int) -> HttpResponse:
    tracked = found_tracked(team, repo_id)
    tracking.retry_webhook(tracked)
    if tracked.is_active:
        messages.info(
            request,
            f"GitHub is asked about the webhook of {tracked.full_name}: where it was deleted or changed, "
            "it is made again. A problem is shown here.",
        )
    else:
        messages.info(request, f"The webhook of {tracked.full_name} is being removed at GitHub.")
    return _shown(request, team, repo_id)


@for_admins
@require_POST
def plan_repository(request: HttpRequest, team: Team, repo_id: int) -> HttpResponse:
    """What a backfill would take. It asks GitHub now, and changes nothing."""
    card, window = found_card(team, repo_id), choosing.window_of(request.POST)
    integration = card.listed.integration if card.listed else None
    if integration is None and card.tracked is not None:
        integration = card.tracked.integration
    if integration is None:
        raise Http404("The team is not connected to GitHub.")
    plan, problem = plan_of(team, integration, repo_id, card.full_name, window)
    sentence = choosing.sentence_of(window, timezone.now())
    return repository_page(request, team, card, plan=plan, plan_problem=problem, plan_sentence=sentence)


def _follow(request: HttpRequest, team: Team, repo_id: int) -> None:
    listed = found_listed(team, repo_id)
    if listed is None:
        # Followed already on the command line, say; or somebody made the number up.
        found_tracked(team, repo_id, is_active=True)
        return
    try:
        _, new = tracking.follow(listed, choosing.window_of(request.POST), signed_in(request).email)
    except NotBegun as error:
        messages.error(request, str(error))
        return
    if new:
        messages.success(request, f"{listed.full_name} is followed. Its history is being fetched.")


def _shown(request: HttpRequest, team: Team, repo_id: int) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return repository_page(request, team, found_card(team, repo_id), with_messages=True)
    return to_repository(team, repo_id)

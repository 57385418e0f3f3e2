"""Following many repositories: a plan of the whole first, then all of it with one button."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.integrations.models import GitHubIntegration
from apps.integrations.services.repositories import choosing
from apps.integrations.services.repositories.choosing_many import Choice, to_follow
from apps.integrations.services.repositories.following import follow_many
from apps.integrations.services.repositories.planning import plan_of_many
from apps.teams.access import for_admins, signed_in
from apps.teams.models import Team

# How many names the page shows.
NAMED = 20


@for_admins
@require_POST
def plan_repositories(request: HttpRequest, team: Team) -> HttpResponse:
    """What following them would take. It asks GitHub now, and changes nothing."""
    integration, choice = _integration_of(team), Choice.parse(request.POST)
    wanted = list(to_follow(integration, choice))
    if not wanted:
        messages.info(request, "None was chosen that is not followed already.")
        return redirect("integrations:repositories", team_slug=team.slug)
    window = choosing.window_of(request.POST)
    plan, problem = plan_of_many(team, integration, wanted, window)
    context = {
        "team": team,
        "choice": choice,
        "count": len(wanted),
        "names": [row.full_name for row in wanted[:NAMED]],
        "more": len(wanted) - NAMED,
        "plan": plan,
        "plan_problem": problem,
        "window": request.POST.get("window", ""),
        "sentence": choosing.sentence_of(window, timezone.now()),
    }
    return render(request, "integrations/repositories/many.html", context)


@for_admins
@require_POST
def follow_repositories(request: HttpRequest, team: Team) -> HttpResponse:
    integration, choice = _integration_of(team), Choice.parse(request.POST)
    window = choosing.window_of(request.POST)
    found = follow_many(integration, to_follow(integration, choice), window, signed_in(request).email)
    if not found.new:
        messages.info(request, "None was chosen that is not followed already.")
        return redirect("integrations:repositories", team_slug=team.slug)
    messages.success(
        request,
        f"{len(found.new):,} repositories are followed. Their history is fetched in turns, those pushed to "
        "last first; their webhooks are made within the next minutes.",
    )
    if found.purged:
        names = ", ".join(found.purged[:NAMED])
        messages.warning(request, f"What was stored is being deleted, so these were left out: {names}.")
    return redirect("integrations:runs", team_slug=team.slug)


def _integration_of(team: Team) -> GitHubIntegration:
    integration = choosing.integration_of(team)
    if integration is None:
        raise Http404("The team is not connected to GitHub.")
    return integration

"""The list of repositories, and one of them."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.integrations.models import (
    AvailableRepository,
    GitHubIntegration,
    IntegrationCredential,
    TrackedRepository,
)
from apps.integrations.services.repositories import choosing
from apps.integrations.services.repositories.cards import Card, card_of, cards
from apps.integrations.services.repositories.choosing_many import Choice, filter_fields, to_follow
from apps.integrations.services.runs.syncing import next_sync
from apps.integrations.services.sending import send_after_commit
from apps.integrations.tasks import list_repositories
from apps.teams.access import for_admins, for_members, is_admin
from apps.teams.fragments import page_or_fragment
from apps.teams.models import Team

# How long a page looks whether a list that was asked for has come.
LOOKED_FOR_SECONDS = 60
# Of those that are followed and not listed, the first page shows so many; all have pages of their own.
UNLISTED_SHOWN = 10


@for_members
def show_repositories(request: HttpRequest, team: Team) -> HttpResponse:
    now = timezone.now()
    filters = choosing.Filters.parse(request.GET)
    integration = choosing.integration_of(team)
    listed: Any = choosing.listed(integration, filters) if integration else AvailableRepository.objects.none()
    unlisted = choosing.unlisted(team, integration, filters)
    only_unlisted = request.GET.get("unlisted") == "1"
    paged: Any = unlisted if only_unlisted else listed
    page = Paginator(paged, choosing.ON_A_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    above = [] if only_unlisted or page.number > 1 else list(unlisted[:UNLISTED_SHOWN])
    found = cards(team, [], rows, now) if only_unlisted else cards(team, rows, above, now)
    follows = is_admin(request) and not only_unlisted
    context = {
        "team": team,
        "integration": integration,
        "connected": _is_connected(integration),
        "filters": filters,
        "languages": choosing.languages(integration) if integration else [],
        "page": page,
        "cards": found[len(above) :],
        "only_unlisted": only_unlisted,
        "unlisted_cards": found[: len(above)],
        "unlisted_count": unlisted.count() if above else 0,
        "choices": choosing.choices(now),
        "is_admin": is_admin(request),
        "to_follow": _to_follow(integration, filters) if integration and follows else 0,
        "filter_fields": filter_fields(filters),
        "is_asked": _is_asked(request, integration),
    }
    return page_or_fragment(
        request,
        "integrations/repositories/page.html",
        "integrations/repositories/list.html",
        context,
    )


@for_members
def show_repository(request: HttpRequest, team: Team, repo_id: int) -> HttpResponse:
    return repository_page(request, team, found_card(team, repo_id))


@for_admins
@require_POST
def refresh_repositories(request: HttpRequest, team: Team) -> HttpResponse:
    integration = choosing.integration_of(team)
    if integration is None:
        raise Http404("The team is not connected to GitHub.")
    place = reverse("integrations:repositories", args=[team.slug])
    if not _is_connected(integration):
        messages.error(request, "GitHub was not asked: the team has no token that works. Connect it again.")
        return HttpResponseRedirect(place)
    send_after_commit(list_repositories, integration.pk)
    messages.info(request, "GitHub is asked for the list. It changes here as soon as GitHub has answered.")
    return HttpResponseRedirect(f"{place}?asked={int(time.time())}")


def repository_page(request: HttpRequest, team: Team, card: Card, **more: Any) -> HttpResponse:
    """One repository as a page, or its card for htmx."""
    now = timezone.now()
    context = {
        "team": team,
        "card": card,
        "choices": choosing.choices(now),
        "chosen": request.POST.get("window", ""),
        "is_admin": is_admin(request),
        "next_sync": next_sync(card.tracked, now) if card.followed and card.tracked else None,
        **more,
    }
    return page_or_fragment(
        request,
        "integrations/repositories/one.html",
        "integrations/repositories/card.html",
        context,
    )


def found_card(team: Team, repo_id: int) -> Card:
    """Raises Http404 where the team neither sees the repository nor ever followed it."""
    card = card_of(team, repo_id, found_listed(team, repo_id), timezone.now())
    if card is None:
        raise Http404("No such repository, or none of this team's.")
    return card


def found_listed(team: Team, repo_id: int) -> AvailableRepository | None:
    integration = choosing.integration_of(team)
    if integration is None:
        return None
    found = AvailableRepository.for_team(team).select_related("team", "integration__credential")
    return found.filter(integration=integration, github_repo_id=repo_id).first()


def found_tracked(team: Team, repo_id: int, **wanted: Any) -> TrackedRepository:
    """Raises Http404."""
    tracked = (
        TrackedRepository.for_team(team)
        .select_related("team", "integration__credential")
        .filter(github_repo_id=repo_id, **wanted)
        .first()
    )
    if tracked is None:
        raise Http404("The team does not follow such a repository.")
    return tracked


def to_repository(team: Team, repo_id: int) -> HttpResponse:
    return redirect("integrations:repository", team_slug=team.slug, repo_id=repo_id)


def _to_follow(integration: GitHubIntegration, filters: choosing.Filters) -> int:
    return to_follow(integration, Choice(True, [], filters)).count()


def _is_connected(integration: GitHubIntegration | None) -> bool:
    """Whether GitHub can be asked."""
    return integration is not None and integration.credential.status == IntegrationCredential.Status.ACTIVE


def _is_asked(request: HttpRequest, integration: Any) -> bool:
    """The first list has not come yet, or somebody asked for another a moment ago."""
    if not _is_connected(integration):
        return False
    listed_at = integration.repositories_listed_at
    if listed_at is None:
        return not integration.repositories_problem
    asked = request.GET.get("asked", "")
    if not asked.isdecimal() or len(asked) > 12:
        return False
    came = listed_at.timestamp() >= int(asked)
    return not came and time.time() - int(asked) < LOOKED_FOR_SECONDS

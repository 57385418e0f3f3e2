from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.integrations.services.health import health
from apps.teams.access import for_members
from apps.teams.models import Team


@for_members
def show_health(request: HttpRequest, team: Team) -> HttpResponse:
    return render(request, "integrations/health.html", {"team": team, "health": health(team, timezone.now())})

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.dashboard.numbers import numbers
from apps.dashboard.replays.marks import newest_mark
from apps.teams.access import for_members, teams_of
from apps.teams.models import Team


def home(request: HttpRequest) -> HttpResponse:
    """The overview of the only team; else the choice, or how to get one."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    teams = list(teams_of(request.user))
    if len(teams) == 1:
        return show(request, teams[0])
    return render(request, "teams/choose.html", {"teams": teams})


@for_members
def overview(request: HttpRequest, team: Team) -> HttpResponse:
    return show(request, team)


def show(request: HttpRequest, team: Team) -> HttpResponse:
    context = {"team": team, "numbers": numbers(team), "mark": newest_mark(team)}
    return render(request, "dashboard/overview.html", context)

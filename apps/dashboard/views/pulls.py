from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.dashboard.listing import Filters, page_of
from apps.metrics.models import PullRequest, Repository
from apps.teams.access import for_members
from apps.teams.models import Team


@for_members
def pulls(request: HttpRequest, team: Team) -> HttpResponse:
    filters = Filters.read(request.GET)
    context = {
        "team": team,
        "filters": filters,
        "page": page_of(filters.select(team), request.GET.get("page", "")),
        "states": PullRequest.State.choices,
        "repositories": list(
            Repository.for_team(team).order_by("full_name").values_list("full_name", flat=True)
        ),
    }
    return render(request, "dashboard/pulls.html", context)

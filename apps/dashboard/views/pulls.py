from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.dashboard.listing import MARKS, SORTS, Filters, page_of
from apps.metrics.models import PullRequest, Repository
from apps.teams.access import for_members
from apps.teams.models import Team


@for_members
def pulls(request: HttpRequest, team: Team) -> HttpResponse:
    filters = Filters.read(request.GET)
    after = request.GET.get("after", "")
    context = {
        "team": team,
        "filters": filters,
        "page": page_of(filters.select(team), filters.sort, after),
        "after": after,
        "sorts": [(name, words) for name, (words, _) in SORTS.items()],
        "sorted_by": SORTS.get(filters.sort, SORTS[""])[0],
        "marks": MARKS,
        "states": PullRequest.State.choices,
        "repositories": list(
            Repository.for_team(team).order_by("full_name").values_list("full_name", flat=True)
        ),
    }
    return render(request, "dashboard/pulls.html", context)

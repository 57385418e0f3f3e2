from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from apps.dashboard.evidence import evidence
from apps.dashboard.replays.marks import mark_of
from apps.metrics.models import PullRequest
from apps.teams.access import for_members, is_admin
from apps.teams.models import Team
from ingest.pages.reading import withhold


@for_members
def pull(request: HttpRequest, team: Team, repo_id: int, number: int) -> HttpResponse:
    # No database takes a larger id.
    if repo_id >= 2**63 or number >= 2**31:
        raise Http404("No such pull request.")
    rows = PullRequest.for_team(team).select_related("author", "team")
    found = rows.filter(github_repo_id=repo_id, number=number).first()
    if found is None:
        raise Http404("No such pull request, or none of this team's.")
    seen = evidence(found)
    context = {
        "team": team,
        "pull": found,
        "seen": seen,
        "parked": withhold(request, seen.explained.parked if seen.explained else []),
        "mark": mark_of(found),
        "is_admin": is_admin(request),
    }
    return render(request, "dashboard/pull.html", context)

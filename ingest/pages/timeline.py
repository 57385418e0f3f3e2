"""The timeline of a pull request: every raw event of it, in the order in which things happened."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from apps.metrics.models import Repository
from apps.teams.access import for_members
from apps.teams.models import Team
from ingest.inspection.timeline import timeline
from ingest.models import Stream

ON_A_PAGE = 200


@for_members
def show_timeline(request: HttpRequest, team: Team, repository_id: int, number: int) -> HttpResponse:
    key = {"repository_id": repository_id, "number": number}
    small = 0 < number < 2**31 and repository_id < 2**63
    if not small or not Stream.for_team(team).filter(**key, events__gt=0).exists():
        raise Http404("Nothing is stored of this pull request, or none of this team's is called so.")
    moments = timeline((team.pk, repository_id, number))
    named = Repository.for_team(team).filter(github_repo_id=repository_id).first()
    context = {
        "team": team,
        "repository": named.full_name if named else str(repository_id),
        "repository_id": repository_id,
        "number": number,
        "page": Paginator(moments, ON_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "events/timeline.html", context)

"""The list of events. All that it shows is said by its address."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from apps.metrics.models import Repository
from apps.teams.access import for_members
from apps.teams.fragments import page_or_fragment
from apps.teams.models import Team
from ingest.inspection.browsing import Count, browse, count
from ingest.inspection.holding import holding
from ingest.inspection.searching import newest, search
from ingest.inspection.status import RARE, STATUSES
from ingest.models import RawGitHubEvent
from ingest.replay.scope import Scope
from ingest.routing import HANDLED, IGNORED

from .filters import BadFilter, Filters
from .reading import may_read

ON_A_PAGE = 50


@for_members
def show_list(request: HttpRequest, team: Team) -> HttpResponse:
    filters = Filters.read(request.GET)
    repositories = list(Repository.for_team(team).order_by("full_name", "pk"))
    names = {str(one.github_repo_id): one.full_name for one in repositories}
    context: dict[str, Any] = {
        "team": team,
        "filters": filters,
        "chips": [
            (label, names.get(value, value) if label == "repository" else value, rest)
            for label, value, rest in filters.chips()
        ],
        "given": {name: filters.get(name) for name in filters.given},
        "may_read": may_read(request),
        "sources": RawGitHubEvent.Source.values,
        "statuses": STATUSES,
        "types": sorted({*HANDLED, *IGNORED}),
        "repositories": repositories,
        "rare": rare_counts(team),
    }
    try:
        context |= _found(request, team, filters)
    except BadFilter as error:
        context["error"] = str(error)
    return page_or_fragment(request, "events/list.html", "events/list_rows.html", context)


def rare_counts(team: Team) -> list[tuple[str, Count]]:
    """How many events need somebody's attention, by status; each opens the list of exactly these."""
    return [(name, count(team, Scope(team=team.slug, status=(name,)))) for name in RARE]


def _found(request: HttpRequest, team: Team, filters: Filters) -> dict[str, Any]:
    scope, condition, sha = filters.scope(team), filters.condition(), filters.sha()
    before, after = _id(request.GET, "before"), _id(request.GET, "after")
    if condition is None:
        found = browse(team, scope, before=before, after=after, limit=ON_A_PAGE)
        held = holding(team, sha) if sha else None
        return {"found": found, "count": count(team, scope), "scope": scope, "held": held}
    if not may_read(request):
        raise BadFilter("Searching in payloads is for those who may read them: ask an admin of the team.")
    searched = search(team, scope, condition, before=before, limit=ON_A_PAGE)
    exported = newest(team, scope).looked
    return {"found": searched, "searched": searched, "scope": scope, "exported": exported}


def _id(query: QueryDict, name: str) -> int | None:
    value = query.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else None

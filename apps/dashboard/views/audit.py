from django.http import HttpRequest, HttpResponse

from apps.dashboard.audit import AuditFilters
from apps.dashboard.keyset import before_of, count_of
from apps.teams.access import for_members
from apps.teams.fragments import page_or_fragment
from apps.teams.models import Team
from ingest.pages.reading import may_read

ON_A_PAGE = 50


@for_members
def audit(request: HttpRequest, team: Team) -> HttpResponse:
    """Who did what to the team's data, the newest first."""
    filters = AuditFilters(request.GET)
    lines = filters.select(team)
    before = before_of(request.GET)
    page = lines.filter(pk__lt=before) if before else lines
    found = list(page.order_by("-pk")[: ON_A_PAGE + 1])
    shown = found[:ON_A_PAGE]
    context = {
        "team": team,
        "form": filters,
        "lines": shown,
        "count": count_of(lines),
        "before": before,
        "older": shown[-1].pk if len(found) > len(shown) else None,
        "is_filtered": filters.is_filtered,
        "may_read": may_read(request),
    }
    return page_or_fragment(request, "dashboard/audit.html", "dashboard/audit_list.html", context)

"""The list of events as a bundle: exactly what its filters select."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from apps.teams.access import signed_in
from apps.teams.models import Team
from ingest.bundles.writing import line_of
from ingest.inspection.leading import lead
from ingest.inspection.searching import newest
from ingest.log.pages import pages
from ingest.models import AuditLine, RawGitHubEvent

from .filters import BadFilter, Filters
from .reading import for_payload_readers

ACTION = "export events"


@require_POST
@for_payload_readers
def export_list(request: HttpRequest, team: Team) -> HttpResponse | StreamingHttpResponse:
    """The filters stand in the address, as in that of the list."""
    filters = Filters.read(request.GET)
    try:
        scope, condition = filters.scope(team), filters.condition()
    except BadFilter as error:
        return render(request, "events/refused.html", {"team": team, "error": str(error)}, status=400)
    detail = {"scope": scope.as_json()} | ({"payload": filters.get("payload")} if condition else {})
    # Before the first line goes out: who has a part of it has read payloads too.
    AuditLine.objects.create(team=team, who=signed_in(request).email, action=ACTION, detail=detail)
    name = f"{team.slug}-events"
    # Oldest first, so that a later import stores them in the order in which they came.
    events: Iterator[RawGitHubEvent]
    if condition is None:
        events = (event for page in pages(lead(team, scope).events, "fetch") for event in page)
    else:
        found = newest(team, scope)
        events = found.fitting(condition)
        # A line that says so would be no event to whoever imports it.
        name += f"-among-the-newest-{found.looked}" if found.looked else ""
    answer = StreamingHttpResponse(map(line_of, events), content_type="application/x-ndjson")
    answer["Content-Disposition"] = f'attachment; filename="{name}.ndjson"'
    return answer

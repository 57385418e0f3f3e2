"""How the installation does for a team, and what is parked: replayed once it can be read, or skipped."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.integrations.services.operating.installation import operation
from apps.teams.access import for_admins, for_members, is_admin, signed_in
from apps.teams.models import Team
from ingest.models import ParkedEvent
from ingest.pages.reading import may_read, withhold
from ingest.replay.causes import Group, groups, of_group
from ingest.replay.skipping import NotParked, skip

ON_A_PAGE = 50
# What is skipped is folded again without it, within the request.
SKIPPED_AT_ONCE = 500


@for_members
def show_operate(request: HttpRequest, team: Team) -> HttpResponse:
    seen = operation(team, timezone.now())
    seen = replace(seen, groups=withhold(request, seen.groups))
    return render(
        request, "integrations/operate/page.html", {"team": team, "seen": seen, "health": seen.health}
    )


@for_members
def show_health(request: HttpRequest, team: Team) -> HttpResponse:
    return redirect("integrations:operate", team_slug=team.slug)


@for_members
def show_group(request: HttpRequest, team: Team, group: str) -> HttpResponse:
    """The parked events of one cause, the newest first."""
    found = _found(team, group)
    parked = of_group(ParkedEvent.for_team(team), group).select_related("event", "stream")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) < 19:
        parked = parked.filter(pk__lt=int(before))
    rows = list(parked.defer("traceback", "event__packed").order_by("-pk")[: ON_A_PAGE + 1])
    shown = withhold(request, rows[:ON_A_PAGE])
    [found] = withhold(request, [found])
    one = {"status": "parked", "type": found.event_type, "action": found.action}
    context = {
        "team": team,
        "group": found,
        "rows": shown,
        "before": before,
        "older": shown[-1].pk if len(rows) > len(shown) else None,
        "is_admin": is_admin(request),
        "may_read": may_read(request),
        "traceback": shown[0].traceback if shown else "",
        "at_once": SKIPPED_AT_ONCE,
        "scope": urlencode({name: value for name, value in one.items() if value}),
    }
    return render(request, "integrations/operate/group.html", context)


@for_admins
@require_POST
def skip_group(request: HttpRequest, team: Team, group: str) -> HttpResponse:
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:1000]
    parked = of_group(ParkedEvent.for_team(team), group).filter(event__isnull=False)
    events = list(parked.order_by("pk").values_list("event_id", flat=True)[:SKIPPED_AT_ONCE])
    if not reason:
        messages.error(request, "Write a reason: who meets the gap later should understand it.")
        return redirect("integrations:parked_group", team_slug=team.slug, group=group)
    try:
        done = skip([pk for pk in events if pk], reason, signed_in(request).email)
    except NotParked:
        messages.info(request, "None of these events is parked any more. Nothing was done.")
        return redirect("integrations:operate", team_slug=team.slug)
    left = of_group(ParkedEvent.for_team(team), group).count()
    more = f" {left:,} of this group are left: skip again." if left else ""
    messages.success(
        request, f"{done:,} events are skipped. They stay in the log, and this can be undone.{more}"
    )
    if left:
        return redirect("integrations:parked_group", team_slug=team.slug, group=group)
    return redirect("integrations:operate", team_slug=team.slug)


def _found(team: Team, group: str) -> Group:
    for one in groups(ParkedEvent.for_team(team)):
        if one.fingerprint == group:
            return one
    raise Http404("Nothing is parked for this cause: it was replayed or skipped, or there is no such group.")

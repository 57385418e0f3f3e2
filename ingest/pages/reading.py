"""Who may read payloads, and what quotes them; and the record of who did."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from apps.teams.access import for_members, signed_in
from apps.teams.models import Membership, Team
from ingest.models import AuditLine, RawGitHubEvent

VIEW = "view payload"
# Of a failure: what its exception said, and its traceback.
QUOTING = ("message", "said", "traceback")

Failure = TypeVar("Failure")


def may_read(request: HttpRequest) -> bool:
    """Whether the person may see payloads of the team; the request came by the door (`apps.teams.access`)."""
    membership: Membership = request.membership  # type: ignore[attr-defined]
    return membership.role == Membership.Role.ADMIN or membership.can_read_payloads


def withhold(request: HttpRequest, failures: Iterable[Failure]) -> list[Failure]:
    """Failures of processors, as every page shows them: the class of the error and its place to everybody;
    what quotes the payload to those who may read it, and empty to others.
    """
    return [failure if may_read(request) else _without_quotes(failure) for failure in failures]


def _without_quotes(failure: Failure) -> Failure:
    found = copy.copy(failure)
    # As well where it is frozen, or a row whose columns were deferred.
    vars(found).update(dict.fromkeys(QUOTING, ""))
    return found


def for_payload_readers(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponse]:
    """As `for_members`; a member who may not read payloads gets 403."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not may_read(request):
            raise PermissionDenied(
                "Payloads are for admins of the team, and for members whom an admin allows to read them."
            )
        return view(request, *args, **kwargs)

    return for_members(checked)


def event_of(team: Team, event_id: int) -> RawGitHubEvent:
    """Without its body. Raises Http404 for an event that is none of this team's."""
    found = RawGitHubEvent.for_team(team).filter(pk=event_id).defer("packed") if event_id < 2**63 else None
    event = found.first() if found is not None else None
    if event is None:
        raise Http404("No such event, or none of this team's.")
    return event


def record_view(request: HttpRequest, team: Team, *event_ids: int) -> None:
    """An audit line for each event whose payload is shown, one a day for each person and event.

    The one thing that a GET of these pages writes.
    """
    who = signed_in(request).email
    if not (missing := _not_recorded(team, who, event_ids)):
        return
    with transaction.atomic():
        # Two requests of one person at once are one view.
        Membership.objects.select_for_update().filter(team=team, user=signed_in(request)).first()
        for event_id in _not_recorded(team, who, missing):
            AuditLine.objects.create(team=team, who=who, action=VIEW, detail={"event": event_id})


def _not_recorded(team: Team, who: str, event_ids: tuple[int, ...]) -> tuple[int, ...]:
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = dict.fromkeys(event_ids)
    # From the newest back to midnight: there is no index for what stands inside a line.
    lines = AuditLine.for_team(team).order_by("-id").values_list("at", "who", "action", "detail")
    for at, by, action, detail in lines.iterator(chunk_size=200):
        if at < midnight or not wanted:
            break
        if by == who and action == VIEW:
            wanted.pop(detail.get("event"), None)
    return tuple(wanted)

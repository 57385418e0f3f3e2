"""Which part of a scope leads to its events by an index, and how far a list looks along it.

Lists are read by id, newest first. One part of the scope leads: its index gives its events in that order.
What else is asked for is looked up in those, in at most `LOOK` of them at a time, so that no list ever reads
the whole log, and says how far it came instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, Max, Min, Q, QuerySet

from apps.teams.models import Team
from ingest.log import instants
from ingest.models import RawGitHubEvent, Stream
from ingest.replay.scope import Scope

from .status import candidates

LOOK = 20_000
# That may lead, the one that mostly has the fewest events first.
PARTS = ("actor", "repo", "event_type")


@dataclass(frozen=True)
class Lead:
    """`events` fit the scope; `path` are those of its leading part. `bounded`: what is looked through of the
    path needs a bound, as it may be the whole log."""

    events: QuerySet[Any]
    path: QuerySet[Any]
    bounded: bool

    def end(self, *, before: int | None = None, after: int | None = None) -> int | None:
        """The id of the first event of the path that is not looked at any more; None where all are."""
        if not self.bounded:
            return None
        if after is not None:
            ahead = self.path.filter(id__gt=after).order_by("id")
        else:
            ahead = (self.path if before is None else self.path.filter(id__lt=before)).order_by("-id")
        return ahead.values_list("id", flat=True)[LOOK : LOOK + 1].first()


def lead(team: Team, scope: Scope) -> Lead:
    """How to read a scope of this team. Raises `UnknownScope`."""
    events = scope.matching()
    span = {}
    if scope.since or scope.until:
        first, last = _ids_of_span(team, scope.since, scope.until)
        span = {"id__gte": first, "id__lte": last}
        events = events.filter(**span)
    if scope.pr and not scope.repo:
        # No index begins with a number: the streams that have it name their repositories.
        streams = Stream.for_team(team).filter(number=scope.pr, events__gt=0)
        events = events.filter(repository_id__in=list(streams.values_list("repository_id", flat=True)))
    named = scope.delivery or scope.object_id or scope.sha or scope.pr or scope.run or scope.events
    if named or _rare(team, scope):
        return Lead(events, events, bounded=False)
    ways = []
    for name in PARTS:
        if value := getattr(scope, name):
            alone = replace(Scope(team=scope.team), **{name: value})
            ways.append(Lead(events, alone.matching().filter(**span), bounded=scope != alone))
    if not ways:
        everything = RawGitHubEvent.for_team(team).filter(**span)
        ways.append(Lead(events, everything, bounded=scope != Scope(team=scope.team)))
    # A part that has few events is looked through to its end.
    return next((way for way in ways[1:] if way.end() is None), ways[0]) if ways[0].end() else ways[0]


def _rare(team: Team, scope: Scope) -> bool:
    return bool(scope.status) and candidates(scope.status, team) is not None


def _ids_of_span(team: Team, since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """Between which ids everything of the span stands; (0, -1) where nothing does.

    An imported event may have come long after it was received, so that the span may hold others too.
    """
    known, told = Q(), Q(received_at=None, instant__isnull=False)
    if since:
        known &= Q(received_at__gte=since)
        told &= Q(instant__gte=instants.of_time(since))
    if until:
        known &= Q(received_at__lt=until)
        told &= Q(instant__lt=instants.of_time(until))
    # Of a bare `id` PostgreSQL seeks the smallest along the ids, from the beginning of the whole log.
    in_span = F("id") + 0
    found = [
        RawGitHubEvent.for_team(team).filter(part).aggregate(first=Min(in_span), last=Max(in_span))
        for part in (known, told)
    ]
    firsts = [one["first"] for one in found if one["first"] is not None]
    lasts = [one["last"] for one in found if one["last"] is not None]
    return (min(firsts), max(lasts)) if firsts else (0, -1)

"""The status of an event: computed when asked, never stored (law 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from apps.metrics.projection.version import VERSION
from apps.teams.models import Team, TeamScoped
from ingest.log import streams
from ingest.log.streams import Counts, StreamKey
from ingest.models import ParkedEvent, RawGitHubEvent, SkippedEvent, Stream
from ingest.routing import HANDLED, IGNORED

# Pending streams that are named one by one.
FEW = 200

STATUSES = ("processed", "pending", "parked", "skipped", "ignored", "unhandled")


class Status(NamedTuple):
    """One of STATUSES, and why in a sentence (empty where the name says it all). `said`: the first line of
    what the exception said of a parked event, which may quote the payload.
    """

    name: str
    reason: str = ""
    said: str = ""

    @property
    def told(self) -> str:
        """All of why, for who may read payloads."""
        return ": ".join(filter(None, (self.reason, self.said)))


def with_status(events: QuerySet[RawGitHubEvent]) -> QuerySet[Any]:
    """The events, each with its `status`.

    Pending are the newest `events - applied` events of a stream that have a processor. That is exact: ids
    rise in the order of storing (under the stream's lock), events without a processor count as applied at
    once, and processing reads all that is there. `applied` of -1 makes the whole stream pending.
    """
    same = {name: OuterRef(name) for name in ("team_id", "repository_id", "number")}
    stream = Stream.objects.filter(**same)
    unapplied = stream.annotate(unapplied=F("events") - F("applied")).values("unapplied")
    newer = RawGitHubEvent.objects.filter(**same, event_type__in=HANDLED, id__gt=OuterRef("id"))
    counted = newer.order_by().values("team_id").annotate(found=Count("id")).values("found")
    parked = ParkedEvent.objects.filter(event_id=OuterRef("id"))
    whole = ParkedEvent.objects.filter(
        event=None, **{f"stream__{name}": outer for name, outer in same.items()}
    )
    return events.alias(
        unapplied=Subquery(unapplied),
        newer=Coalesce(Subquery(counted), 0),
    ).annotate(
        status=Case(
            When(event_type__in=IGNORED, then=Value("ignored")),
            When(~Q(event_type__in=HANDLED), then=Value("unhandled")),
            When(Exists(SkippedEvent.objects.filter(event_id=OuterRef("id"))), then=Value("skipped")),
            When(Exists(parked), then=Value("parked")),
            # In this order: only a stream that is pending has its newer events counted.
            When(Q(unapplied__gt=0) & Q(unapplied__gt=F("newer")), then=Value("pending")),
            When(Exists(whole), then=Value("parked")),
            default=Value("processed"),
            output_field=CharField(),
        )
    )


def having(events: QuerySet[RawGitHubEvent], names: Iterable[str], team: Team | None = None) -> QuerySet[Any]:
    """The events that have one of these statuses; `team` where all are of one.

    Raises ValueError for a name that is none.
    """
    wanted = set(names)
    if unknown := wanted - set(STATUSES):
        raise ValueError(f"no status is called {', '.join(sorted(unknown))}")
    # Nearly always nothing is pending or parked, and the whole log would be searched to find that out.
    if not _rows(Stream, team).filter(events__gt=F("applied")).exists():
        wanted -= {"pending"}
    if not _rows(ParkedEvent, team).exists():
        wanted -= {"parked"}
    if not _rows(SkippedEvent, team).exists():
        wanted -= {"skipped"}
    if not wanted:
        return with_status(events.none())
    if (ids := candidates(wanted, team)) is not None:
        events = events.filter(pk__in=ids)
    types = Q(event_type__in=HANDLED) if wanted & {"processed", "pending", "parked", "skipped"} else Q()
    if "ignored" in wanted:
        types |= Q(event_type__in=IGNORED)
    if "unhandled" in wanted:
        types |= ~Q(event_type__in=[*HANDLED, *IGNORED])
    return with_status(events.filter(types)).filter(status__in=sorted(wanted))


def candidates(wanted: Iterable[str], team: Team | None = None) -> QuerySet[Any] | None:
    """The ids of the events that may have one of these statuses, by the rows that say so.

    None where nothing says so, or too much: then the events themselves are to be looked through.
    """
    parts: list[QuerySet[Any]] = []
    for name in sorted(wanted):
        found = RARE[name](team) if name in RARE else None
        if found is None:
            return None
        parts += found
    return parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0] if parts else None


def _rows(model: type[TeamScoped], team: Team | None) -> QuerySet[Any]:
    return model._default_manager.all() if team is None else model.for_team(team)


def _pending(team: Team | None) -> list[QuerySet[Any]] | None:
    # PostgreSQL takes a third of all streams to be pending, unless it is told which ones are.
    keys = _rows(Stream, team).filter(events__gt=F("applied")).values_list(*streams.COLUMNS)[: FEW + 1]
    found: dict[tuple[int, int], list[int]] = {}
    for team_id, repository_id, number in keys:
        found.setdefault((team_id, repository_id), []).append(number)
    if sum(map(len, found.values())) > FEW:
        return None
    of_one = [
        Q(team_id=team_id, repository_id=repository_id, number__in=numbers)
        for (team_id, repository_id), numbers in found.items()
    ]
    named = reduce(or_, of_one, Q(pk__in=()))
    return [_rows(RawGitHubEvent, team).filter(named).values_list("pk")]


def _parked(team: Team | None) -> list[QuerySet[Any]]:
    alone = _rows(ParkedEvent, team).filter(event__isnull=False).values_list("event_id")
    whole = _rows(ParkedEvent, team).filter(event=None)
    if not whole.exists():
        return [alone]
    same = {name: OuterRef(name) for name in streams.COLUMNS}
    refused = Stream.objects.filter(pk__in=whole.values("stream_id"), **same)
    return [alone, _rows(RawGitHubEvent, team).filter(Exists(refused)).values_list("pk")]


# Statuses that nearly no event has.
RARE: dict[str, Callable[[Team | None], list[QuerySet[Any]] | None]] = {
    "pending": _pending,
    "parked": _parked,
    "skipped": lambda team: [_rows(SkippedEvent, team).values_list("event_id")],
}


def statuses(events: Iterable[Any]) -> dict[int, Status]:
    """By event id, the status with its reason. Takes events from `with_status`."""
    found = list(events)
    counts = streams.counts({_key(event) for event in found}) if found else {}
    parked = _parked_rows([event for event in found if event.status == "parked"], counts)
    decided = {one.event_id: one for one in _skipped(found)}
    return {
        event.pk: Status("skipped", f"by {decided[event.pk].who}: {decided[event.pk].reason}")
        if event.pk in decided
        else _status(event, counts.get(_key(event)), parked.get(event.pk))
        for event in found
    }


def _skipped(events: list[Any]) -> QuerySet[SkippedEvent]:
    return SkippedEvent.objects.filter(event__in=[event.pk for event in events if event.status == "skipped"])


def _status(event: Any, stream: Counts | None, parked: ParkedEvent | None) -> Status:
    name = event.status
    if name == "ignored":
        return Status(name, IGNORED[event.event_type])
    if name == "unhandled":
        return Status(name, f"there is no processor for {event.event_type} yet")
    if name == "pending":
        return Status(name, "stored since its stream was last processed")
    if parked is not None:
        return Status(name, sentence(parked), parked.message.strip().split("\n")[0])
    if stream and stream.version < VERSION:
        return Status(name, f"by version {stream.version} of the processors; now it is {VERSION}")
    return Status(name)


def sentence(parked: ParkedEvent) -> str:
    """What went wrong and where, in one line."""
    whole = "" if parked.event_id else "its whole stream: "
    place = f" at {parked.path}" if parked.path else ""
    return f"{whole}{parked.error}{place}"


def _parked_rows(events: list[Any], counts: Mapping[StreamKey, Counts]) -> dict[int, ParkedEvent]:
    """By event id, its own parked row or that of its whole stream."""
    if not events:
        return {}
    ids = {counts[_key(event)].id: _key(event) for event in events if _key(event) in counts}
    of_event = Q(event_id__in=[event.pk for event in events])
    rows = list(ParkedEvent.objects.filter(of_event | Q(event=None, stream_id__in=ids)))
    own = {row.event_id: row for row in rows}
    whole = {ids[row.stream_id]: row for row in rows if row.event_id is None}
    return {e.pk: own.get(e.pk) or whole[_key(e)] for e in events if e.pk in own or _key(e) in whole}


def _key(event: RawGitHubEvent) -> StreamKey:
    return event.team_id, event.repository_id, event.number

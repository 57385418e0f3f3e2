"""A list of events on pages: forwards and back, stable while events come in, with its count."""

from __future__ import annotations

from dataclasses import dataclass, field

from apps.teams.models import Team
from ingest.models import RawGitHubEvent
from ingest.replay.scope import Scope

from .leading import LOOK, lead
from .listing import COLUMNS, EventLine, lines
from .status import with_status

# Counting on would read more than anybody wants to know.
COUNTED = 10_000


@dataclass(frozen=True)
class Count:
    """`more`: there are more than were counted. `looked`: it is of the newest so many events of the leading
    part only; None where it is of all."""

    number: int
    more: bool = False
    looked: int | None = None

    def __str__(self) -> str:
        return f"{self.number:,}+" if self.more or self.looked else f"{self.number:,}"


@dataclass(frozen=True)
class Browsed:
    """A page. `before` asks for the next one (older events), `after` for the previous one (newer); None where
    there is none. `looked`: the page is not full, since after so many events it looked no further."""

    events: list[EventLine] = field(default_factory=list)
    before: int | None = None
    after: int | None = None
    looked: int | None = None


def browse(
    team: Team, scope: Scope, *, before: int | None = None, after: int | None = None, limit: int = 50
) -> Browsed:
    """The events of a scope of this team, newest first: below the id `before`, or those next above `after`.

    Raises `UnknownScope`; ValueError for a status that is none. No body is read.
    """
    way = lead(team, scope)
    upwards = after is not None
    end = way.end(before=before, after=after)
    found = way.events
    if upwards:
        found = found.filter(id__gt=after)
        found = (found.filter(id__lt=end) if end else found).order_by("id")
    else:
        found = found.filter(id__lt=before) if before is not None else found
        found = (found.filter(id__gt=end) if end else found).order_by("-id")
    ids = list(found.values_list("id", flat=True)[: limit + 1])
    shown, more = ids[:limit], len(ids) > limit
    on = shown[-1] if more else _beyond(end, upwards=upwards)
    looked = LOOK if end and not more else None
    if after is not None:
        if on is None:
            # At the newest: a page that is full, not the few that are above.
            return browse(team, scope, limit=limit)
        return Browsed(lines_of(shown[::-1]), after + 1, on, looked)
    back = None if before is None else before - 1
    return Browsed(lines_of(shown), on, back, looked)


def _beyond(end: int | None, *, upwards: bool) -> int | None:
    """Where to go on so that the first event that was not looked at is the next."""
    if end is None:
        return None
    return end - 1 if upwards else end + 1


def lines_of(ids: list[int]) -> list[EventLine]:
    """The events with these ids as lines, in that order."""
    rows = with_status(RawGitHubEvent.objects.filter(pk__in=ids)).only(*COLUMNS)
    by_id = {line.id: line for line in lines(list(rows))}
    return [by_id[pk] for pk in ids if pk in by_id]


def count(team: Team, scope: Scope) -> Count:
    """How many events fit, up to `COUNTED`. Raises as `browse`."""
    way = lead(team, scope)
    end = way.end()
    found = way.events.filter(id__gt=end) if end else way.events
    # In order, or PostgreSQL reads the table from its beginning until it has found so many.
    number = found.order_by("-id").values("id")[: COUNTED + 1].count()
    if number > COUNTED:
        return Count(COUNTED, more=True)
    return Count(number, looked=LOOK if end else None)

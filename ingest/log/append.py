"""Storing events: the only way into the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from apps import sql
from apps.teams.models import Team
from ingest.models import Fetch, RawGitHubEvent
from ingest.routing import HANDLED

from . import streams
from .duplicates import Known
from .facts import NewEvent, Request
from .placing import Placed, place
from .rows import COLUMNS, row
from .streams import Growth, StreamKey


@dataclass
class Appended:
    """What a batch added. `ids` are those of the new events, in the batch's order."""

    ids: list[int] = field(default_factory=list)
    stored: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    streams: set[StreamKey] = field(default_factory=set)
    # A stream with nothing pending has something now. Of one that had, somebody was told already.
    wakes: bool = False


def append(team: Team, events: Sequence[NewEvent], *, imported: bool = False) -> Appended:
    """Store the events that are new, with their streams' counts, in one transaction.

    Each event gets its place (repository, number) from its body where that can be read, else from what was
    named. `imported` says that these are lines of a bundle, which are told apart by what they say, not by
    what is newest.

    Raises django.db.Error where the database can't store them; then nothing is stored.
    """
    placed = [place(team.pk, event) for event in events]
    done = Appended()
    if not placed:
        return done
    keys = {p.key for p in placed}
    with transaction.atomic():
        before = streams.hold(keys)
        known = Known(team.pk, placed, imported=imported)
        new = [p for p in placed if not known.is_duplicate(p)]
        inserted = _insert(team.pk, new)
        growth = _growth(inserted)
        streams.grow(growth)
    done.ids = [event_id for event_id, _ in inserted]
    done.stored = Counter(p.event.event_type for _, p in inserted)
    done.duplicates = len(placed) - len(inserted)
    done.streams = {p.key for _, p in inserted}
    done.wakes = any(before[key].is_applied and by.events > by.applied for key, by in growth.items())
    return done


def _growth(inserted: Sequence[tuple[int, Placed]]) -> dict[StreamKey, Growth]:
    """Events of types without a processor count as applied at once: their bodies are never read."""
    found: dict[StreamKey, Growth] = {}
    for _, p in inserted:
        events, applied, size = found.get(p.key, (0, 0, 0))
        unread = p.event.event_type not in HANDLED
        found[p.key] = Growth(events + 1, applied + unread, size + len(p.packed))
    return found


def _insert(team_id: int, new: Sequence[Placed]) -> list[tuple[int, Placed]]:
    if not new:
        return []
    fetches = _insert_fetches(team_id, [p.event.request for p in new])
    rows = [row(team_id, p, fetches[id(p.event.request)] if p.event.request else None) for p in new]
    if sql.is_sqlite():
        # Nobody else writes meanwhile, so what was no duplicate above is none now, and ids are in order.
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = %s", [_table()])
            (last,) = cursor.fetchone()
        sql.upsert(RawGitHubEvent, COLUMNS, rows)
        return list(zip(range(last + 1, last + 1 + len(new)), new, strict=True))
    by_place = dict(enumerate(new))
    found = sql.insert_returning(RawGitHubEvent, COLUMNS, rows)
    return [(event_id, by_place[i]) for i, event_id in found]


def _table() -> str:
    return RawGitHubEvent._meta.db_table


def _insert_fetches(team_id: int, requests: Sequence[Request | None]) -> dict[int, int]:
    """One row for each request object, however many events share it. By the object's identity."""
    distinct = {id(r): r for r in requests if r is not None}
    rows = Fetch.objects.bulk_create(
        Fetch(
            team_id=team_id,
            run_id=r.run_id,
            url=r.url,
            status=r.status,
            etag=r.etag,
            request_id=r.request_id,
            answered_at=r.answered_at,
            truncated=r.truncated,
            details=dict(r.details),
        )
        for r in distinct.values()
    )
    return {identity: row.pk for identity, row in zip(distinct, rows, strict=True)}

"""Reading the events of streams out of the log."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from apps import sql
from ingest.log.streams import KINDS, ON_KEY, Counts, StreamKey
from ingest.models import RawGitHubEvent, SkippedEvent
from ingest.routing import HANDLED
from ingest.shapes import StoredEvent

# A chunk's bodies are read at once up to this many packed bytes; a larger stream is read in parts.
AT_ONCE = 8 * 2**20


def events_by_stream(
    streams: Mapping[StreamKey, Counts],
) -> Iterator[tuple[StreamKey, Iterable[StoredEvent]]]:
    """Each stream's events that have a processor and are not skipped, in no order: the fold needs none.
    Streams without any are left out.
    """
    large = {key for key, counts in streams.items() if counts.bytes > AT_ONCE}
    small = sorted(streams.keys() - large)
    if small:
        table, params = sql.key_table(small, **KINDS)
        rest = f"FROM {table} JOIN {_table()} t ON {ON_KEY} WHERE {_handled()}"
        # Gathered here and not by ORDER BY: a database sorts the rows with their bodies, on disk.
        found: dict[StreamKey, list[StoredEvent]] = {}
        for event in _select(rest, [*params, *HANDLED]):
            found.setdefault(event[:3], []).append(event)
        yield from found.items()
    for key in sorted(large):
        yield key, _in_parts(key, streams[key])


def _in_parts(key: StreamKey, counts: Counts) -> Iterator[StoredEvent]:
    """One stream too large to be held: as many events at a time as fit, of the mean size."""
    part = max(1, AT_ONCE * counts.events // max(1, counts.bytes))
    last = 0
    while True:
        rows = list(
            _select(
                f"FROM {_table()} t WHERE t.team_id = %s AND t.repository_id = %s AND t.number = %s "
                f"AND t.id > %s AND {_handled()} ORDER BY t.id LIMIT %s",
                [*key, last, *HANDLED, part],
            )
        )
        yield from rows
        if len(rows) < part:
            return
        last = rows[-1].id


def applied(events: Iterable[StoredEvent], counts: Counts) -> Iterable[StoredEvent]:
    """Without the pending ones: the newest `events - applied` (see `inspection.status.with_status`).

    `events`: a list, or in the order of ids.
    """
    if isinstance(events, list):
        events = sorted(events, key=attrgetter("id"))
    held: deque[StoredEvent] = deque()
    for event in events:
        held.append(event)
        if len(held) > counts.events - counts.applied:
            yield held.popleft()


def _select(rest: str, params: list[Any]) -> Iterator[StoredEvent]:
    names = ", ".join(f"t.{name}" for name in StoredEvent._fields)
    with sql.cursor() as cursor:
        cursor.execute(f"SELECT {names} {rest}", params)
        while rows := cursor.fetchmany(100):
            yield from map(StoredEvent._make, rows)


def _table() -> str:
    return sql.quoted(RawGitHubEvent)


def _handled() -> str:
    """Has a processor, and nobody decided to skip it."""
    skipped = f"SELECT 1 FROM {sql.quoted(SkippedEvent)} s WHERE s.event_id = t.id"
    # No plain column, so that no index of types is followed in place of the stream's.
    return f"t.event_type || '' IN ({', '.join(['%s'] * len(HANDLED))}) AND NOT EXISTS ({skipped})"

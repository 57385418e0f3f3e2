"""Reading the events of streams out of the log."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from apps import sql
from ingest.log.streams import Counts, StreamKey
from ingest.models import SkippedEvent
from ingest.shapes import StoredEvent

from .seeking import Rest, of_stream, of_streams

# A chunk's bodies are read at once up to this many packed bytes; a larger stream is read in parts.
AT_ONCE = 8 * 2**20


def events_by_stream(
    streams: Mapping[StreamKey, Counts],
) -> Iterator[tuple[StreamKey, Iterable[StoredEvent]]]:
    """Each stream's events that have a processor and are not skipped, in no order: the fold needs none.
    Streams without any are left out.
    """
    large = {key for key, counts in streams.items() if counts.bytes > AT_ONCE}
    small = streams.keys() - large
    if small:
        # Gathered here and not by ORDER BY: a database sorts the rows with their bodies, on disk.
        found: dict[StreamKey, list[StoredEvent]] = {}
        for event in _select(*of_streams(small)):
            found.setdefault(event[:3], []).append(event)
        yield from found.items()
    for key in sorted(large):
        yield key, _in_parts(key, streams[key])


def _in_parts(key: StreamKey, counts: Counts) -> Iterator[StoredEvent]:
    """One stream too large to be held, in the order of ids: as many events at a time as fit, of the mean
    size.
    """
    rests = of_stream(key)
    part = max(1, AT_ONCE * counts.events // max(1, counts.bytes) // len(rests))
    return heapq.merge(*(_pages(rest, part) for rest in rests), key=attrgetter("id"))


def _pages(rest: Rest, part: int) -> Iterator[StoredEvent]:
    last = 0
    while True:
        rows = list(_select(rest, after=last, most=part))
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


def _select(*rests: Rest, after: int = 0, most: int = 0) -> Iterator[StoredEvent]:
    """Those that nobody decided to skip. With `most`: so many at most, beyond this id and in order."""
    names = ", ".join(f"t.{name}" for name in StoredEvent._fields)
    skipped = f"SELECT 1 FROM {sql.quoted(SkippedEvent)} s WHERE s.event_id = t.id"
    page = " AND t.id > %s ORDER BY t.id LIMIT %s" if most else ""
    parts = (f"SELECT {names} {rest.text} AND NOT EXISTS ({skipped}){page}" for rest in rests)
    params = [value for rest in rests for value in rest.params]
    with sql.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params + ([after, most] if most else []))
        while rows := cursor.fetchmany(100):
            yield from map(StoredEvent._make, rows)

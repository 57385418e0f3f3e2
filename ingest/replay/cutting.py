"""Cutting the streams of a scope into chunks. No body is read for it, and no stream asked by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.lookups import GreaterThan

from ingest.log.streams import COLUMNS, StreamKey
from ingest.models import RawGitHubEvent, Stream

from .reading import AT_ONCE

CHUNK = 500
# A delivery whose stream is in a chunk waits for the chunk's end.
CHUNK_BESIDE_DELIVERIES = 100
# Of this age the newest events say whether deliveries come in.
RECENT = timedelta(minutes=1)
LOOKED_AT = 20


def chunks(found: QuerySet[Stream], after: StreamKey | None = None) -> Iterator[list[StreamKey]]:
    """The streams in key order, in chunks of at most 500 streams and 8 MB of packed bodies.

    Pages by key, so a chunk that changes what is selected (pending, parked, stale) moves nothing under it.
    """
    while chunk := next_chunk(found, after, CHUNK):
        yield chunk
        after = chunk[-1]


def next_chunk(found: QuerySet[Stream], after: StreamKey | None, most: int) -> list[StreamKey]:
    """The streams beyond `after` in key order: `most` of them, or as many as 8 MB of packed bodies allow, but
    one."""
    ordered = found.order_by(*COLUMNS)
    if after is not None:
        ordered = ordered.filter(GreaterThan(_row(*map(F, COLUMNS)), _row(*map(Value, after))))
    chunk: list[StreamKey] = []
    size = 0
    for *key, of_stream in ordered.values_list(*COLUMNS, "bytes")[:most]:
        size += of_stream
        if chunk and size > AT_ONCE:
            break
        chunk.append(tuple(key))
    return chunk


def at_most(now: datetime) -> int:
    """Of how many streams a chunk may be: fewer while deliveries come in."""
    newest = RawGitHubEvent.objects.order_by("-pk").values_list("source", "received_at")[:LOOKED_AT]
    live = any(
        source == RawGitHubEvent.Source.WEBHOOK and at and now - at < RECENT for source, at in list(newest)
    )
    return CHUNK_BESIDE_DELIVERIES if live else CHUNK


def _row(*columns: Any) -> Func:
    """Compared as a whole, the index of the key finds the place at once; written out as ORs, all streams
    before it are read."""
    return Func(*columns, template="(%(expressions)s)", output_field=BooleanField())

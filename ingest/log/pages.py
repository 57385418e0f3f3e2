"""Reading many events in the order they were stored, a bounded part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from ingest.models import RawGitHubEvent

AT_MOST = 500
# Of unpacked bodies.
BYTES = 8 * 2**20


def pages(found: QuerySet[RawGitHubEvent], *related: str) -> Iterator[list[RawGitHubEvent]]:
    """The events ordered by id, in lists of at most 500 events and 8 MiB of bodies (or one larger event).

    Ends at the newest event that was there at the beginning. `related` names what is read along.
    """
    newest = RawGitHubEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
    last = 0
    while newest and last < newest:
        ahead = found.filter(pk__gt=last, pk__lte=newest).order_by("pk")
        sizes = list(ahead.values_list("pk", "size")[:AT_MOST])
        if not sizes:
            return
        ids = _first(sizes)
        rows: Any = RawGitHubEvent.objects.filter(pk__in=ids).order_by("pk")
        yield list(rows.select_related(*related) if related else rows)
        last = ids[-1]


def _first(sizes: list[tuple[int, int]]) -> list[int]:
    ids: list[int] = []
    total = 0
    for event_id, size in sizes:
        total += size
        if ids and total > BYTES:
            break
        ids.append(event_id)
    return ids

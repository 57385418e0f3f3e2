"""Working off what is pending. Any number of processes may do it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db.models import F

from apps.metrics.projection.version import VERSION
from ingest.log.streams import StreamKey
from ingest.models import Stream
from ingest.replay.processing import Processed, process
from ingest.replay.reading import AT_ONCE

# Smaller chunks than a replay's: deliveries keep coming in meanwhile, and on SQLite they wait for the writer.
CHUNK = 100


def work_off(enough: Callable[[], bool] = lambda: False) -> Processed:
    """Process pending streams, the longest known first, until there are none left or it is `enough`.

    A stream that another process is at is passed over (`held`): a worker may process it, or a delivery be
    added that tells nobody, because the stream was pending before. Raises OperationalError where the database
    is gone.
    """
    done = Processed()
    for chunk in _chunks():
        done.add(process(chunk, pending_only=True))
        if enough():
            break
    return done


def is_pending() -> bool:
    return Stream.objects.filter(events__gt=F("applied"), version__lte=VERSION).exists()


def _chunks() -> Iterator[list[StreamKey]]:
    """One pass over what is pending now: a stream that becomes pending behind it has a message of its own.

    Streams that a newer version has processed are left to its workers.
    """
    last = 0
    while True:
        pending = Stream.objects.filter(events__gt=F("applied"), version__lte=VERSION, pk__gt=last)
        rows = list(
            pending.order_by("pk").values_list("pk", "team_id", "repository_id", "number", "bytes")[:CHUNK]
        )
        if not rows:
            return
        chunk: list[StreamKey] = []
        size = 0
        for pk, team_id, repository_id, number, of_stream in rows:
            if chunk and size + of_stream > AT_ONCE:
                break
            chunk.append((team_id, repository_id, number))
            size += of_stream
            last = pk
        yield sorted(chunk)

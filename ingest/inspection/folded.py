"""One stream folded with nothing dropped, so that it can be asked which event set what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.metrics.processors import StreamState
from apps.metrics.projection.project import Projection, project
from apps.teams.models import Team
from ingest.log import streams
from ingest.log.streams import Counts, StreamKey
from ingest.models import RawGitHubEvent
from ingest.replay.folding import Failure, fold_into
from ingest.replay.reading import events_by_stream
from ingest.routing import HANDLED

from .timeline import what_happened


@dataclass
class FoldedStream:
    """What the log says of a stream now; `projection` is None where a formula failed on it (see `failures`).

    `events` are those with a processor, by id, without their bodies.
    """

    key: StreamKey
    counts: Counts
    state: StreamState
    projection: Projection | None = None
    failures: list[Failure] = field(default_factory=list)
    events: dict[int, Any] = field(default_factory=dict)

    def told(self, event_id: int | None) -> str:
        """An event in words, as `event 12, pull_request closed`."""
        event = self.events.get(event_id or 0)
        return (
            f"event {event_id}, {event.event_type} {what_happened(event)}" if event else f"event {event_id}"
        )


def fold_stream(key: StreamKey) -> FoldedStream:
    """Fold a stream as a replay does, by the same functions. Writes nothing."""
    counts = streams.counts([key])[key]
    found = FoldedStream(key, counts, StreamState(*key, keep_all=True))
    team = Team.objects.get(pk=key[0])
    for _, events in events_by_stream({key: counts}):
        fold_into(found.state, team, events, found.failures.append)
    try:
        found.projection = project(found.state)
    except Exception as error:  # as in a replay: a formula's failure parks the stream
        found.failures.append(Failure.of(error, None))
    # Read last, so that every event that was folded is among them.
    rows = RawGitHubEvent.objects.filter(team_id=key[0], repository_id=key[1], number=key[2])
    found.events = rows.filter(event_type__in=HANDLED).defer("packed").in_bulk()
    return found

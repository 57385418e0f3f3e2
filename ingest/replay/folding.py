"""Folding streams: events in, what the rows should be out. Nothing is written here."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apps.metrics.processors import StreamState, Unreadable
from apps.metrics.projection.project import Projection, project
from apps.teams.models import Team
from ingest.log.streams import Counts, StreamKey
from ingest.routing import HANDLED
from ingest.shapes import StoredEvent, decode

from .reading import applied, events_by_stream

# Where our own code lies: a failure without a path in the payload has its place there.
BASE = Path(__file__).resolve().parents[2]
OURS = (BASE / "apps", BASE / "ingest")


@dataclass
class Failure:
    """Why an event (or with `event_id` None the whole stream) could not be processed."""

    event_id: int | None
    event_type: str
    action: str
    error: str
    message: str
    path: str
    traceback: str
    place: str = ""

    @classmethod
    def of(cls, error: BaseException, event: StoredEvent | None) -> Failure:
        return cls(
            event.id if event else None,
            event.event_type if event else "",
            event.action if event else "",
            type(error).__name__,
            error.reason if isinstance(error, Unreadable) else str(error),
            error.path if isinstance(error, Unreadable) else "",
            "".join(traceback.format_exception(error)),
            place_of(error),
        )

    @classmethod
    def refused(cls, reason: str) -> Failure:
        return cls(None, "", "", "Refused", reason, "", "", "Refused")


def place_of(error: BaseException) -> str:
    """The path in the payload, else the exception and the innermost function of ours: no line number, which
    the next release moves.
    """
    if isinstance(error, Unreadable) and error.path:
        return error.path
    name = type(error).__name__
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if any(file.is_relative_to(folder) for folder in OURS):
            return f"{name} in {file.relative_to(BASE).as_posix()}:{frame.name}"
    return name


@dataclass
class Folded:
    """One stream's outcome. Without a projection its rows are left as they are: a formula failed on all of
    it.
    """

    counts: Counts
    projection: Projection | None = None
    events: int = 0
    failures: list[Failure] = field(default_factory=list)


def fold(streams: Mapping[StreamKey, Counts], *, applied_only: bool = False) -> dict[StreamKey, Folded]:
    """Fold these streams, each whole, or without what is pending; one without events yields no rows."""
    # Not asked for: processors that fold know the team by its id alone (law 7).
    teams = {team_id: Team(pk=team_id) for team_id in {key[0] for key in streams}}
    found: dict[StreamKey, Folded] = {}
    for key, events in events_by_stream(streams):
        if applied_only:
            events = applied(events, streams[key])
        found[key] = fold_stream(key, teams[key[0]], events, streams[key])
    for key in streams.keys() - found.keys():
        found[key] = fold_stream(key, teams[key[0]], (), streams[key])
    return found


def fold_stream(key: StreamKey, team: Team, events: Iterable[StoredEvent], counts: Counts) -> Folded:
    done = Folded(counts)
    state = StreamState(*key)
    done.events = fold_into(state, team, events, done.failures.append)
    try:
        done.projection = project(state)
    except Exception as error:  # a formula's failure harms its stream only
        done.failures.append(Failure.of(error, None))
    return done


def fold_into(
    state: StreamState, team: Team, events: Iterable[StoredEvent], park: Callable[[Failure], None]
) -> int:
    """Fold events into a state; returns how many were read. One that fails is handed to `park`, the rest
    goes on.
    """
    read = 0
    for event in events:
        read += 1
        try:
            state.for_event(event.id, event.instant, event.sha256)
            for event_type, payload in decode(event):
                HANDLED[event_type](team, payload, into=state)
        except Exception as error:  # one bad event harms one event
            park(Failure.of(error, event))
    return read

"""Lines of bundles into the log."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.teams.models import Team
from ingest.log.append import append
from ingest.log.facts import NewEvent, Request

from .broken import BadFile, Broken
from .lines import Bundle
from .reading import read

# A batch is one transaction, and on SQLite nobody else writes meanwhile.
EVENTS = 500
BYTES = 8 * 2**20

Complain = Callable[[str], Any]
Step = Callable[[], Any]


@dataclass
class Imported:
    """What became of the lines. `stored` counts by event type, `secrets` by name of a header left out."""

    files: int = 0
    lines: int = 0
    stored: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    broken: int = 0
    damaged_files: int = 0
    secrets: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "files": self.files,
            "lines": self.lines,
            "stored": self.stored.total(),
            "duplicates": self.duplicates,
            "broken": self.broken,
            "damaged_files": self.damaged_files,
            "event_types": dict(sorted(self.stored.items())),
            "dropped_headers": dict(sorted(self.secrets.items())),
            "seconds": round(self.seconds, 3),
        }


class _Batch:
    """Events of one transaction. Items of one answer share one request, as they did when it came."""

    def __init__(self) -> None:
        self.events: list[NewEvent] = []
        self.bytes = 0
        self._requests: dict[Request, Request] = {}

    def add(self, event: NewEvent) -> None:
        if event.request is not None:
            shared = self._requests.setdefault(event.request, event.request)
            event = dataclasses.replace(event, request=shared)
        self.events.append(event)
        self.bytes += len(event.body)

    @property
    def full(self) -> bool:
        return len(self.events) >= EVENTS or self.bytes >= BYTES


def import_bundle(
    team: Team, bundle: Bundle, done: Imported, complain: Complain, step: Step | None = None
) -> None:
    """Store a bundle's events, a batch at a time; `done` counts, `step` is called after each.

    A broken line is told to `complain` by file, number and reason, the rest goes in; so does what was read
    of a file that is damaged further on. Raises django.db.Error; finished batches stay.
    """
    started = time.monotonic()
    done.files += 1
    batch = _Batch()
    try:
        for number, line in bundle.lines():
            done.lines += 1
            try:
                batch.add(_event(line, done))
            except Broken as reason:
                done.broken += 1
                complain(f"{bundle.name}:{number}: {reason}")
            if batch.full:
                _store(team, batch, done)
                batch = _Batch()
                if step:
                    step()
    except BadFile as reason:
        done.damaged_files += 1
        complain(str(reason))
    _store(team, batch, done)
    done.seconds += time.monotonic() - started


def _event(line: bytes | None, done: Imported) -> NewEvent:
    if line is None:
        raise Broken("longer than 64 MiB")
    event, secrets = read(line)
    done.secrets.update(name.lower() for name in secrets)
    return event


def _store(team: Team, batch: _Batch, done: Imported) -> None:
    stored = append(team, batch.events, imported=True)
    done.stored += stored.stored
    done.duplicates += stored.duplicates

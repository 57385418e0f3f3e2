"""Processing streams: what a live delivery, an import and a replay all end in."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import DatabaseError, IntegrityError, OperationalError, transaction

from apps import sql
from apps.metrics.projection.changes import Change, Outcome
from apps.metrics.projection.names import Told
from apps.metrics.projection.version import VERSION, MadeByNewer
from apps.metrics.projection.writer import write
from ingest.log import streams
from ingest.log.streams import StreamKey
from ingest.routing import LISTENERS, Listener

from .folding import Failure, Folded, fold
from .parking import park
from .uncollected import uncollected

# For what can pass: a deadlock, a lock that was held too long. The wait doubles, with jitter.
ATTEMPTS = 5
FIRST_WAIT = 0.05


@dataclass
class Processed:
    """What became of some streams. `newer` were left alone: a newer version than this process's made their
    rows. `held` were passed over: somebody else was at them.
    """

    outcome: Outcome = field(default_factory=Outcome)
    changes: list[Change] = field(default_factory=list)
    # Of a dry run: what would change if only those events were there that are applied already. None where
    # that is all of `changes`.
    by_code: list[Change] | None = None
    streams: int = 0
    events: int = 0
    parked: int = 0
    newer: int = 0
    held: int = 0

    def add(self, other: Processed) -> None:
        self.outcome.add(other.outcome)
        self.changes += other.changes
        self.streams += other.streams
        self.events += other.events
        self.parked += other.parked
        self.newer += other.newer
        self.held += other.held


Step = Callable[[Sequence[StreamKey]], Processed]
Done = Callable[[Sequence[StreamKey], Processed], None]


def process(
    keys: Sequence[StreamKey],
    *,
    keep_changes: bool = False,
    pending_only: bool = False,
    done: Done | None = None,
) -> Processed:
    """Fold these streams and write what differs, in one transaction with their `applied` counts.

    A replay waits for a stream that somebody else is at; with `pending_only` such a stream is passed over
    (PostgreSQL), and so is one whose events were all applied meanwhile. `done` is called at the end of each
    transaction, inside it, with the streams that it is about; what it raises undoes the transaction.

    What a database error can't be blamed on is split off until the one stream is found whose rows it
    refuses, or which takes it too long; that one is parked. Raises OperationalError where the database is not
    there or stays locked (`sql.is_away`).
    """
    options = _Options(keep_changes, pending_only, done or (lambda keys, processed: None))
    with uncollected():
        return _split(keys, options)


class _Options(NamedTuple):
    keep_changes: bool
    pending_only: bool
    done: Done


def _split(keys: Sequence[StreamKey], options: _Options, *, again: bool = False) -> Processed:
    try:
        found = _with_patience(keys, options)
        if found.outcome.evicted:
            evicted, found.outcome.evicted = sorted(found.outcome.evicted), set()
            found.add(_split(evicted, options._replace(pending_only=False)))
        return found
    except MadeByNewer as error:
        return _leave(keys, error, options)
    except DatabaseError as error:
        if _passes(error):
            raise
        if len(keys) == 1:
            # What somebody else did at that moment is over now: a member went between reading and writing.
            if not again and (sql.is_too_much(error) or isinstance(error, IntegrityError)):
                return _split(keys, options, again=True)
            return _park_stream(keys[0], error, options)
    found = Processed()
    middle = len(keys) // 2
    for part in (keys[:middle], keys[middle:]):
        found.add(_split(part, options))
    return found


def _leave(keys: Sequence[StreamKey], error: MadeByNewer, options: _Options) -> Processed:
    """Leave the streams alone that share a row which a newer version made; process the others."""
    left = [key for key in keys if key in error.streams] or list(keys)
    found = Processed(newer=len(left))
    with transaction.atomic():
        options.done(left, found)
    if rest := [key for key in keys if key not in left]:
        found.add(_split(rest, options))
    return found


def _with_patience(keys: Sequence[StreamKey], options: _Options) -> Processed:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _process(keys, options)
        except OperationalError as error:
            if not _passes(error) or attempt == ATTEMPTS or transaction.get_connection().in_atomic_block:
                raise
            time.sleep(FIRST_WAIT * 2**attempt * random.random())  # noqa: S311
    raise AssertionError("unreachable")


def _passes(error: DatabaseError) -> bool:
    """Whether less work or another stream would do no better, and waiting may."""
    return sql.is_away(error) and not sql.is_too_much(error)


def _process(keys: Sequence[StreamKey], options: _Options) -> Processed:
    # SQLite has one writer: there the folding is done before the write transaction, which then only checks
    # that nothing was appended, moved or skipped meanwhile.
    before = fold(streams.counts(keys)) if sql.is_sqlite() else {}
    with transaction.atomic():
        locked = streams.lock(keys, skip_locked=options.pending_only)
        held = len(keys) - len(locked) if options.pending_only else 0
        if options.pending_only:
            locked = {key: counts for key, counts in locked.items() if not counts.is_applied}
        mine = {key: counts for key, counts in locked.items() if counts.version <= VERSION}
        folded = {key: f for key, f in before.items() if mine.get(key) == f.counts}
        folded |= fold({key: counts for key, counts in mine.items() if key not in folded})
        done = write_folded(folded, keep_changes=options.keep_changes, dry=False)
        park(folded)
        streams.set_applied({key: (f.counts.events, VERSION) for key, f in folded.items()})
        done.newer = len(locked) - len(mine)
        done.held = held
        _tell(folded)
        options.done(keys, done)
    return done


def write_folded(
    folded: Mapping[StreamKey, Folded], *, keep_changes: bool, dry: bool, told: Told | None = None
) -> Processed:
    """Write what the folds yield (`told`: see `writer.write`) and count it."""
    done = Processed(streams=len(folded), events=sum(f.events for f in folded.values()))
    done.outcome.see = done.changes.append if keep_changes else None
    write([f.projection for _, f in sorted(folded.items()) if f.projection], done.outcome, dry=dry, told=told)
    for f in folded.values():
        if f.projection and f.projection.refused:
            f.failures.append(Failure.refused(f.projection.refused))
    done.parked = sum(len(f.failures) for f in folded.values())
    return done


def _tell(folded: Mapping[StreamKey, Folded]) -> None:
    """Repository streams end with what must change upstairs: after the commit, each listener by itself. One
    that fails is logged and harms neither the others nor what was written.
    """
    for (team_id, repository_id, number), f in folded.items():
        if number == 0 and repository_id and f.events:
            for listener in LISTENERS:
                _after_the_commit(listener, team_id, repository_id)


def _after_the_commit(listener: Listener, team_id: int, repository_id: int) -> None:
    def tell() -> None:
        listener(team_id, repository_id)

    transaction.on_commit(tell, robust=True)


def _park_stream(key: StreamKey, error: DatabaseError, options: _Options) -> Processed:
    with transaction.atomic():
        counts = streams.lock([key]).get(key)
        if counts is None:  # purged meanwhile
            options.done([key], Processed())
            return Processed()
        folded = {key: Folded(counts, failures=[Failure.of(error, None)])}
        found = Processed(streams=1, parked=park(folded))
        streams.set_applied({key: (counts.events, VERSION)})
        options.done([key], found)
    return found

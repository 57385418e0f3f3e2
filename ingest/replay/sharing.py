"""A replay's run cut into chunks, which any number of workers take from the database.

The run's row holds how far it is cut, its counts and its heartbeat; a row of `Chunk` holds what one worker
has taken. Whoever takes or finishes a chunk locks the run's row first, for milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F
from django.utils import timezone

from apps import sql
from apps.metrics.projection.version import VERSION
from ingest.log.streams import StreamKey
from ingest.models import Chunk, Run
from ingest.runs.lease import EXPIRES, is_gone, new_holder
from ingest.runs.listeners import tell

from . import processing
from .cutting import at_most, next_chunk
from .processing import Processed
from .report import Report
from .scope import Scope, UnknownScope

State = Run.State
WORKED_ON = (State.QUEUED, State.RUNNING)

# Of what was selected: events, streams.
Sums = tuple[int, int]

# A chunk that kills its worker (its memory, say) would otherwise kill one after another for ever.
DEATHS = 5


class TakenAway(Exception):
    """The chunk was done by somebody else, or its run was purged: nothing of this attempt was written."""


class Share:
    """A chunk in this worker's hands. `was_left`: another worker died over it."""

    def __init__(self, run: Run, chunk: Chunk, was_left: bool) -> None:
        self.run, self.chunk, self.was_left = run, chunk, was_left

    @property
    def keys(self) -> list[StreamKey]:
        return [(self.run.team_id, repository_id, number) for repository_id, number in self.chunk.streams]

    def work(self) -> Processed:
        """Process it. What fails for another reason than one stream's fails the run, which then says why.

        Raises TakenAway, and what `process` raises: OperationalError where the database is gone; the chunk
        is then taken again when its lease runs out.
        """
        try:
            return processing.process(self.keys, done=self._settle)
        except BaseException as error:
            with suppress(DatabaseError, InterfaceError):
                self._give_back()
                if isinstance(error, Exception) and not (isinstance(error, TakenAway) or sql.is_away(error)):
                    fail(self.run, error)
            raise

    def _settle(self, keys: Sequence[StreamKey], done: Processed) -> None:
        """Called in the transaction that wrote these streams: they leave the chunk, the run's counts rise."""
        run = Run.objects.select_for_update().filter(pk=self.run.pk).first()
        chunk = Chunk.objects.filter(pk=self.chunk.pk).first()
        finished = {key[1:] for key in keys}
        left = {(repository_id, number) for repository_id, number in chunk.streams} if chunk else set()
        if run is None or chunk is None or not finished <= left:
            raise TakenAway(f"somebody else did a chunk of run {self.run.pk}")
        # Those that were evicted are processed next; a kill between must not lose them.
        left = (left - finished) | {key[1:] for key in done.outcome.evicted}
        if left:
            Chunk.objects.filter(pk=chunk.pk).update(streams=sorted(left))
        else:
            chunk.delete()
        report = Report.of(run)
        report.processed.add(done)
        Run.objects.filter(pk=run.pk).update(counters=report.counters(), heartbeat_at=timezone.now())

    def _give_back(self) -> None:
        mine = Chunk.objects.filter(pk=self.chunk.pk, lease=self.chunk.lease)
        mine.update(lease="", attempts=F("attempts") - 1)


def take(run: Run) -> Share | None:
    """Take a chunk of a replay: one that a dead worker left, else the next one. `run` is kept as its row is.

    None where there is none to take: the run is over or paused (`run.state`), it is left to workers of a
    newer version (`needs_newer_code`), or others are at its last chunks. Whoever finds that nothing is left
    completes it.
    """
    try:
        # Counted before the transaction: it may take longer than others should wait.
        sums = (0, 0) if run.counters else _sums(Scope.of(run))
        with transaction.atomic():
            found = _take(run, sums)
    except UnknownScope as error:
        fail(run, error)
        found = None
    return found


def needs_newer_code(run: Run) -> bool:
    """Whether it was started by a newer version: ours would make its streams stale."""
    return bool(run.cursor.get("version", 0) > VERSION)


def is_alive(run: Run, now: datetime) -> bool:
    """Whether somebody works on it, as far as can be told."""
    chunks = list(Chunk.objects.filter(run=run))
    if chunks or run.state == State.PAUSED:
        return any(not _is_free(chunk, now) for chunk in chunks)
    return bool(run.heartbeat_at and run.heartbeat_at >= now - EXPIRES)


def fail(run: Run, error: Exception) -> None:
    _end(run, State.FAILED, error=type(error).__name__, message=str(error))


def _take(run: Run, sums: Sums) -> Share | None:
    locked = Run.objects.select_for_update().filter(pk=run.pk).first()
    if locked is None:
        run.state = State.CANCELLED
        return None
    now = timezone.now()
    share = None
    if locked.state in WORKED_ON and not needs_newer_code(locked):
        scope = Scope.of(locked)
        share = _left(locked, now) or _cut(locked, scope, now)
        if share is not None:
            _begin(locked, sums, now)
        elif not Chunk.objects.filter(run=locked).exists():
            _complete(locked, scope, sums, now)
    run.refresh_from_db()
    return share


def _left(run: Run, now: datetime) -> Share | None:
    """What a dead worker had, or a living one gave back."""
    for chunk in Chunk.objects.filter(run=run).order_by("pk"):
        if _is_free(chunk, now):
            if chunk.attempts >= DEATHS:
                places = ", ".join(f"{repository_id}#{number}" for repository_id, number in chunk.streams[:5])
                more = f" and {len(chunk.streams) - 5} more" if len(chunk.streams) > 5 else ""
                fail(run, RuntimeError(f"{DEATHS} workers died over the streams {places}{more}"))
                return None
            was_left = bool(chunk.lease)
            chunk.lease, chunk.heartbeat_at = new_holder(), now
            chunk.attempts += 1
            chunk.save(update_fields=["lease", "heartbeat_at", "attempts"])
            return Share(run, chunk, was_left)
    return None


def _is_free(chunk: Chunk, now: datetime) -> bool:
    # Each has twice as long as the one before: a chunk that waits for a lock of some minutes kills nobody.
    longest = EXPIRES * 2 ** max(0, chunk.attempts - 1)
    beaten = chunk.heartbeat_at
    return not chunk.lease or beaten is None or beaten < now - longest or is_gone(chunk.lease)


def _cut(run: Run, scope: Scope, now: datetime) -> Share | None:
    if run.state not in WORKED_ON:
        return None
    after = tuple(run.cursor["after"]) if "after" in run.cursor else None
    keys = next_chunk(scope.streams(), after, at_most(now))
    if not keys:
        return None
    run.cursor["after"] = list(keys[-1])
    chunk = Chunk.objects.create(
        team_id=run.team_id,
        run=run,
        streams=[key[1:] for key in keys],
        lease=new_holder(),
        heartbeat_at=now,
        attempts=1,
    )
    return Share(run, chunk, was_left=False)


def _sums(scope: Scope) -> Sums:
    return scope.selected(), scope.streams().count()


def _begin(run: Run, sums: Sums, now: datetime) -> None:
    fields: dict[str, Any] = {"cursor": run.cursor, "heartbeat_at": now}
    if not run.counters:
        fields["counters"] = Report("replay", *sums).counters()
    if run.state == State.QUEUED:
        fields |= {"state": State.RUNNING, "started_at": run.started_at or now}
    Run.objects.filter(pk=run.pk).update(**fields)
    if "state" in fields:
        run.refresh_from_db()
        tell(run)


def _complete(run: Run, scope: Scope, sums: Sums, now: datetime) -> None:
    if run.state not in WORKED_ON:
        return
    run.started_at = run.started_at or now
    report = Report.of(run) if run.counters else Report("replay", *sums)
    report.count_pending(scope)
    report.seconds = (now - run.started_at).total_seconds()
    _end(
        run,
        State.COMPLETE,
        started_at=run.started_at,
        counters=report.counters(),
        report=report.as_json(),
        message=report.left_alone(),
    )


def _end(run: Run, state: str, **fields: Any) -> None:
    """A state that is an end, unless it is over already. What nobody works on is forgotten."""
    with transaction.atomic():
        mine = Run.objects.filter(pk=run.pk, state__in=Run.ACTIVE)
        if mine.update(state=state, finished_at=timezone.now(), **fields):
            run.refresh_from_db()
            Chunk.objects.filter(run=run, lease="").delete()
            tell(run)

"""The lease of a run: one process works on it, and says so again and again."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from ingest.models import Run

from .listeners import tell

State = Run.State

# A heart that was silent for so long has stopped; whoever holds a lease lets no step last longer.
EXPIRES = timedelta(seconds=30)
BEAT_SECONDS = 5.0
# States of a run that somebody works on. Waiting in the foreground keeps the lease too.
HELD = (State.RUNNING, State.WAITING)


class LeaseLost(Exception):
    """Somebody else has the run now, or it was paused or cancelled: its former holder writes nothing more."""


class NotFree(Exception):
    """The run is worked on (its heart beats), paused against the caller's wish, or over."""

    def __init__(self, run: Run) -> None:
        super().__init__(_why_not_free(run))
        self.run = run


class Lease:
    """One process's right to work on `run`, whose attributes are kept as the row is.

    Each write is an UPDATE that finds the row only while the lease is ours, and raises LeaseLost else.
    """

    def __init__(self, run: Run, holder: str) -> None:
        self.run = run
        self.holder = holder
        self._beaten = time.monotonic()

    def beat(self) -> None:
        """Say that we are alive; costs nothing when said a moment ago."""
        if time.monotonic() - self._beaten >= BEAT_SECONDS:
            self.write()

    @contextmanager
    def held(self) -> Iterator[None]:
        """A transaction during which nobody can take the run away: its row is locked first."""
        with transaction.atomic():
            self.write()
            yield

    def write(self, **fields: Any) -> None:
        fields["heartbeat_at"] = timezone.now()
        mine = Run.objects.filter(pk=self.run.pk, lease=self.holder, state__in=HELD)
        if not mine.update(**fields):
            raise LeaseLost(_why_lost(self.run.pk))
        self._beaten = time.monotonic()
        for name, value in fields.items():
            setattr(self.run, name, value)

    def enter(self, state: str, **fields: Any) -> None:
        """Another state, with the lease kept."""
        with transaction.atomic():
            self.write(state=state, **fields)
            tell(self.run)

    def leave(self, state: str, **fields: Any) -> None:
        """Another state, and the run is nobody's from here on."""
        if state not in Run.ACTIVE:
            fields["finished_at"] = timezone.now()
        self.enter(state, lease="", **fields)


def take(run: Run, *, paused: bool = False) -> Lease:
    """Begin to work on a run, or go on where somebody stopped or was killed. `paused`: on a paused one too.

    Raises NotFree.
    """
    holder = new_holder()
    states = [state for state in Run.ACTIVE if paused or state != State.PAUSED]
    now = timezone.now()
    run.refresh_from_db()
    free = Q(lease="") | Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - EXPIRES)
    if is_gone(run.lease):
        free |= Q(lease=run.lease)
    with transaction.atomic():
        taken = Run.objects.filter(free, pk=run.pk, state__in=states).update(
            lease=holder, state=State.RUNNING, heartbeat_at=now, started_at=Coalesce("started_at", now)
        )
        run.refresh_from_db()
        if not taken:
            raise NotFree(run)
        tell(run)
    return Lease(run, holder)


def new_holder() -> str:
    """A name for a lease of this process."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


def is_gone(holder: str) -> bool:
    """Whether this machine knows that the holder's process has ended, so that nobody need wait for its heart.

    Two containers may share a host name and not their processes: then a living holder loses its lease, and
    ends at its next step with nothing written.
    """
    host, _, rest = holder.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname()[:60] or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _why_not_free(run: Run) -> str:
    if run.state not in Run.ACTIVE:
        return f"run {run.pk} is over ({run.state})"
    if run.state == State.PAUSED:
        return f"run {run.pk} is paused"
    since = f"{run.started_at:%Y-%m-%d %H:%M:%S %Z}" if run.started_at else "a moment ago"
    host, _, rest = run.lease.partition(":")
    beat = (timezone.now() - run.heartbeat_at).total_seconds() if run.heartbeat_at else 0
    return (
        f"run {run.pk} is {run.state} since {since}: process {rest.partition(':')[0]} on {host} works on it, "
        f"last sign of life {max(beat, 0):.0f} s ago (it counts as dead after {EXPIRES.seconds} s)"
    )


def _why_lost(run_id: int) -> str:
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        return f"run {run_id} was deleted"
    if run.state in HELD and run.lease:
        return f"run {run_id} was taken over by {run.lease.rpartition(':')[0]}"
    return f"run {run_id} is {run.state} now"

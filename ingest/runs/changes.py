"""Changes of a run that don't come from whoever works on it: that one notices at its next step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from ingest.models import Chunk, Run

from .lease import EXPIRES
from .listeners import tell

State = Run.State


def pause(run: Run) -> bool:
    """False where it is paused or over already."""
    return _change(run, (State.QUEUED, State.RUNNING, State.WAITING), state=State.PAUSED)


def resume(run: Run) -> bool:
    """Queue a paused run again; a limit that it waited for still counts. False where it isn't paused."""
    return _change(run, (State.PAUSED,), state=State.QUEUED)


def cancel(run: Run) -> bool:
    """What it stored stays. False where it is over already."""
    cancelled = _change(run, Run.ACTIVE, state=State.CANCELLED, finished_at=timezone.now())
    # Chunks that a worker is at go when it ends them.
    Chunk.objects.filter(run=run, lease="").delete()
    return cancelled


def due(now: datetime, kind: str = Run.Kind.BACKFILL) -> QuerySet[Run]:
    """Runs to go on with: their limit has passed, their holder died, or their message was lost."""
    silent = Q(heartbeat_at__lt=now - EXPIRES)
    left = Q(lease="") | silent
    return (
        Run.objects.filter(kind=kind)
        .alias(quiet_since=Coalesce("heartbeat_at", "created_at"))
        .filter(
            Q(left, state=State.WAITING, not_before__lte=now)
            | Q(silent, state=State.RUNNING)
            | Q(state=State.QUEUED, quiet_since__lt=now - EXPIRES)
        )
        .order_by("pk")
    )


def _change(run: Run, from_states: tuple[str, ...], **fields: Any) -> bool:
    with transaction.atomic():
        changed = Run.objects.filter(pk=run.pk, state__in=from_states).update(lease="", **fields)
        run.refresh_from_db()
        if changed:
            tell(run)
    return bool(changed)

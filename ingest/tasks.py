"""Live processing and replays on Celery workers."""

from __future__ import annotations

import logging
import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps import sql
from ingest.live import hints
from ingest.live.pending import is_pending, work_off
from ingest.models import Run
from ingest.replay.looks import MODES, look, mode_of
from ingest.replay.sharing import TakenAway, needs_newer_code, take
from ingest.runs.changes import due
from ingest.runs.lease import LeaseLost, NotFree

# Then the task ends and says so again, so that other work and a worker's shutdown get their turn.
TASK_SECONDS = 20.0

# A message of a replay that nobody took meanwhile is worth nothing: beat sends others. Without an end they
# would pile up while workers are busy elsewhere, and deliveries wait behind them.
MESSAGE_SECONDS = 60.0

logger = logging.getLogger(__name__)


@shared_task
def process_pending() -> None:
    """Make rows of what is pending. Sent after each delivery that makes a stream pending, and by beat."""
    end = time.monotonic() + TASK_SECONDS
    done = work_off(lambda: time.monotonic() >= end)
    in_time = time.monotonic() < end
    # What others hold is not looked at in a circle: nothing done means that they are at all of it.
    if not in_time and done.streams and is_pending():
        hints.look()
    # The one who held it may have been a delivery, which told nobody: its stream was pending already.
    elif done.held and is_pending():
        hints.look_later()


@shared_task(bind=True)
def work_on_replay(task: object, run_id: int) -> None:
    """Take one chunk of a replay, and tell the next. Does nothing where none is left to take.

    So many messages go around as workers may be at the run; one chunk a message lets deliveries pass.
    """
    run = Run.objects.select_related("team").filter(pk=run_id, kind=Run.Kind.REPLAY).first()
    if run is not None and mode_of(run) in MODES:
        _look(run)
        return
    while run is not None and (share := take(run)) is not None:
        if share.was_left:
            _send(run_id)  # the message of the worker that died over it
        try:
            done = share.work()
        except TakenAway as error:
            logger.info("%s", error)
        else:
            if done.newer:
                logger.warning("run %d left %d streams to workers of a newer version", run_id, done.newer)
        # Without a broker each chunk would be a call inside the last one's.
        if not task.request.is_eager:  # type: ignore[attr-defined]
            _send(run_id)
            return
    if run is not None and needs_newer_code(run):
        logger.warning("run %d is left to workers of a newer version", run_id)


def _look(run: Run) -> None:
    if needs_newer_code(run):
        logger.warning("run %d is left to workers of a newer version", run.pk)
        return
    try:
        look(run)
    except (NotFree, LeaseLost) as error:
        logger.info("%s", error)


@shared_task
def resume_replays() -> None:
    """Tell workers of replays that nobody works on: their messages were lost, or their workers died."""
    for run in due(timezone.now(), Run.Kind.REPLAY):
        tell_workers(run)


def tell_workers(run: Run) -> None:
    """Have a replay worked on. Never raises: what is lost, beat sends again."""
    alone = sql.is_sqlite() or mode_of(run) in MODES
    for _ in range(1 if alone else settings.REPLAY_TASKS):
        _send(run.pk)


def _send(run_id: int) -> None:
    try:
        work_on_replay.apply_async((run_id,), retry=False, expires=MESSAGE_SECONDS)
    except (OperationalError, OSError, ValueError) as error:
        # As in `hints.look`.
        logger.warning("no worker could be told of replay %d, beat will: %s", run_id, error)

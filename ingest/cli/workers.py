"""`--workers N`: local processes that take chunks of one replay, beside this one."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ingest.models import Run
from ingest.replay.performing import Beside

from .worker_process import work


def processes(count: int) -> Beside:
    """This process counts as one of them. Each ends when no chunk is left; this one does the rest."""

    @contextmanager
    def beside(run: Run) -> Iterator[Callable[[], object]]:
        # Forked children would share this process's connection to the database.
        context = multiprocessing.get_context("spawn")
        others = [context.Process(target=work, args=(run.pk,)) for _ in range(count - 1)]
        with _deaf_to_ctrl_c():
            for process in others:
                process.start()
        try:
            # Without this a killed child stays a zombie, whose process id says that it lives.
            yield multiprocessing.active_children
        finally:
            for process in others:
                process.join()

    return beside


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """What is started inside stays so. Ctrl-C reaches the whole group: this process then pauses the run, and
    the others end with their chunks.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

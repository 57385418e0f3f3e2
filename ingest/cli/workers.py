"""`--workers N`: local processes that take chunks of one replay, beside this one."""

from __future__ import annotations

import multiprocessing
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
        for process in others:
            process.start()
        try:
            # Without this a killed child stays a zombie, whose process id says that it lives.
            yield multiprocessing.active_children
        finally:
            for process in others:
                process.join()

    return beside

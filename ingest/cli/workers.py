"""`--workers N`: the chunks of a replay shared by local processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

import django

from apps import sql
from ingest.log.streams import StreamKey
from ingest.replay.processing import Process, Processed, process


@contextmanager
def processes(count: int, stderr: Any) -> Iterator[Process]:
    """The step of a replay: in this process, or each chunk cut into as many parts as there are processes.

    A chunk is done when all of its parts are: a killed replay goes on where it would with one process.
    """
    if count > 1 and sql.is_sqlite():
        stderr.write("SQLite has one writer at a time: this process does the work alone")
    if count <= 1 or sql.is_sqlite():
        yield process
        return
    # Forked children would share this process's connection to the database.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=django.setup) as pool:

        def step(keys: Sequence[StreamKey]) -> Processed:
            size = -(-len(keys) // count)
            parts = [keys[i : i + size] for i in range(0, len(keys), size)]
            done = Processed()
            for part in pool.map(process, parts):
                done.add(part)
            return done

        yield step

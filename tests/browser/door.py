"""The way to the stand-in. A test closes it in the middle of a history, to look at a run that is still on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from ingest.standin import Standin
from ingest.standin.answer import Answer, Request


class Door:
    def __init__(self, standin: Standin) -> None:
        self._standin = standin
        self._opened = Event()
        self._opened.set()
        self._pages = 0

    def __call__(self, request: Request) -> Answer:
        if not self._opened.is_set() and request.path == "/graphql" and self._reads_on(request):
            self._opened.wait()
        return self._standin.answer(request)

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Until the block ends, who reads a history gets its first page, and waits for the rest."""
        self._pages = 0
        self._opened.clear()
        try:
            yield
        finally:
            self._opened.set()

    def _reads_on(self, request: Request) -> bool:
        before = self._pages
        # A query for a page says how it is sorted.
        self._pages += "order" in json.loads(request.body)["variables"]
        return before > 0

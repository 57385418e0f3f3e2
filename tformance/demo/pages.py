"""The demo's web server: Django's own for development, on this machine only."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

HOST = "127.0.0.1"


@contextmanager
def listening(port: int) -> Iterator[ThreadedWSGIServer]:
    """The port is ours from here on; visitors wait until `serve`. Exits with status 1 where it is taken."""
    try:
        server = ThreadedWSGIServer((HOST, port), WSGIRequestHandler)
    except OSError as error:
        sys.exit(
            f"Port {port} cannot be used ({error.strerror}). "
            "Choose another one: make demo ARGS='--port 8123' (0: any free one)"
        )
    with server:
        yield server


def serve(server: ThreadedWSGIServer, application: Any) -> None:
    """Until Ctrl-C or SIGTERM."""
    server.set_app(application)
    # Two lines a request would push the result out of the terminal.
    logging.getLogger("django_structlog").setLevel(logging.WARNING)
    # A shell starts what it puts in the background deaf to SIGINT.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

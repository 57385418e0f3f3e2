"""The demo's web server: Django's own for development, on this machine only."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

HOST = "127.0.0.1"


class Pages:
    """Visitors wait from the beginning until `serve`."""

    def __init__(self, server: ThreadedWSGIServer) -> None:
        self._server = server
        self.site = f"http://{HOST}:{server.server_port}"
        self._thread = threading.Thread(target=server.serve_forever, name="pages", daemon=True)

    def serve(self) -> None:
        """From here on, beside what else is done. Needs Django set up."""
        from tformance.wsgi import application

        # Two lines a request would push the result out of the terminal.
        for name in ("django_structlog", "django.server"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._server.set_app(application)
        self._thread.start()

    def wait(self) -> None:
        """Until Ctrl-C or SIGTERM."""
        try:
            self._thread.join()
        except KeyboardInterrupt:
            return


@contextmanager
def listening(port: int) -> Iterator[Pages]:
    """The port is ours from here on. Exits with status 1 where it is taken."""
    try:
        server = ThreadedWSGIServer((HOST, port), WSGIRequestHandler)
    except OSError as error:
        sys.exit(
            f"Port {port} cannot be used ({error.strerror}). "
            "Choose another one: make demo ARGS='--port 8123' (0: any free one)"
        )
    # A visitor's open connection would keep the process.
    server.daemon_threads = True
    try:
        yield Pages(server)
    finally:
        server.socket.close()

"""`python -m tformance.demo`: what `manage.py demo` starts, before anything has read the settings."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import nullcontext

from django.core.management.base import CommandError
from django.core.servers.basehttp import ThreadedWSGIServer

from .arguments import add_arguments
from .environment import demo_environment
from .pages import listening


def main() -> None:
    parser = argparse.ArgumentParser(prog="manage.py demo", description="See `manage.py demo --help`.")
    add_arguments(parser)
    given = parser.parse_args()
    # A port that is taken is found before the work, not after it.
    with nullcontext() if given.no_serve else listening(given.port) as server:
        os.environ.update(demo_environment(given.database, server.server_port if server else None))
        try:
            go(server)
        except CommandError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(error.returncode)
        except KeyboardInterrupt:
            sys.exit(130)


def go(server: ThreadedWSGIServer | None) -> None:
    import django

    django.setup()

    from ingest.cli.output import one_line_errors
    from tformance.checks import refuse_wrong_settings

    from .steps import run

    refuse_wrong_settings()
    with one_line_errors():
        run(server)


if __name__ == "__main__":
    main()

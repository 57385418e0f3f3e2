"""`python -m tformance.demo`: what `manage.py demo` starts, before anything has read the settings."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from django.core.management.base import CommandError

from ingest.standin import Standin, running

from .arguments import add_arguments
from .browser import Stuck
from .environment import demo_environment
from .pages import Pages, listening


def main() -> int:
    parser = argparse.ArgumentParser(prog="manage.py demo", description="See `manage.py demo --help`.")
    add_arguments(parser)
    given = parser.parse_args()
    # A shell starts what it puts in the background deaf to SIGINT.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        # A port that is taken is found before the work, not after it.
        with (
            listening(0 if given.no_serve else given.port) as pages,
            running() as standin,
            tempfile.TemporaryDirectory(prefix="tformance-demo-", ignore_cleanup_errors=True) as folder,
        ):
            broker = Path(folder, "broker")
            os.environ.update(demo_environment(given.database, pages.site, standin.url, broker))
            go(pages, standin, Path(folder), None if given.no_serve else given.every)
    except (CommandError, Stuck) as error:
        sys.stderr.write(f"{error}\n")
        return getattr(error, "returncode", 1)
    except KeyboardInterrupt:
        return 130
    return 0


def go(pages: Pages, standin: Standin, folder: Path, every: int | None) -> None:
    import django

    django.setup()

    from ingest.cli.output import one_line_errors
    from tformance.checks import refuse_wrong_settings

    from .steps import run

    refuse_wrong_settings()
    with one_line_errors():
        run(pages, standin, folder, every)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # What ends now is not to be interrupted again.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        status = main()
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
        if isinstance(stop.code, str):
            sys.stderr.write(f"{stop.code}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    # Not `sys.exit`, which waits until a task that is in the middle of a backfill has come to its end.
    os._exit(status)

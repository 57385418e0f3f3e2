"""`manage.py demo`: see `tformance/demo`."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from tformance.demo.arguments import add_arguments


class Command(BaseCommand):
    help = (
        "Connect a team to the bundled GitHub stand-in, backfill a repository into a database of the demo's "
        "own, replay, show the result and serve the pages until Ctrl-C. Needs no account and no token."
    )
    # They are about the operator's settings, of which the demo replaces half.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        arguments = [f"--{name}={options[name]}" for name in ("port", "database", "every")]
        if options["no_serve"]:
            arguments.append("--no-serve")
        # This process has read the operator's settings. The one that takes its place reads the demo's.
        path = os.pathsep.join([str(settings.BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])])
        os.execve(  # noqa: S606
            sys.executable,
            [sys.executable, "-m", "tformance.demo", *arguments],
            os.environ | {"PYTHONPATH": path},
        )

"""`manage.py events SUBCOMMAND`: looking into the log, and moving it. Each has a file in `ingest/cli`."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ingest.cli.output import one_line_errors

# Each module has HELP, add_arguments(parser) and run(command, options) -> exit status.
SUBCOMMANDS = (
    "list",
    "show",
    "diff",
    "timeline",
    "explain",
    "gaps",
    "parked",
    "skip",
    "export",
    "import",
    "reindex",
)


class Command(BaseCommand):
    help = "Look into the log of raw events, export and import it."

    def add_arguments(self, parser: CommandParser) -> None:
        subparsers = parser.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
        for name in SUBCOMMANDS:
            module = _module(name)
            module.add_arguments(subparsers.add_parser(name, help=module.HELP, description=module.HELP))

    def handle(self, *args: Any, **options: Any) -> None:
        with one_line_errors():
            status = _module(options["subcommand"]).run(self, options)
        if status:
            sys.exit(status)


def _module(name: str) -> Any:
    return importlib.import_module(f"ingest.cli.events_{name}")

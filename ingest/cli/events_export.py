"""`manage.py events export`: events into a bundle."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingest.bundles.exporting import export
from ingest.bundles.files import STDOUT, written_to

from .output import FAILED, USAGE, console
from .scope_options import add_scope, scope_of

HELP = "Write the events that fit the scope as a bundle (see docs/bundles.md)."


def add_arguments(parser: CommandParser) -> None:
    add_scope(parser)
    parser.add_argument(
        "--output",
        default=STDOUT,
        metavar="FILE",
        help="packed where it ends in .gz or .zst; default: standard output",
    )


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    if not options["team"]:
        raise CommandError("--team is missing: a bundle holds one team's events", returncode=USAGE)
    events = scope_of(options).matching()
    try:
        with written_to(options["output"]) as write:
            count = export(events, write)
    except BrokenPipeError:
        # Whoever reads standard output has enough; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        raise CommandError(f"{options['output']}: {error.strerror}", returncode=FAILED) from None
    console(command.stderr).print(f"exported {count:,} events")
    return 0

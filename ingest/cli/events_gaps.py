from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from rich.console import Console

from ingest.inspection.gaps import Day, gaps
from ingest.replay.scope import Scope

from .events_text import of_payload
from .output import add_format, console, print_json, table
from .scope_options import positive

HELP = "Per repository and day: deliveries, those restored, what was fetched, and days without deliveries."


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--team", metavar="SLUG")
    parser.add_argument("--repo", metavar="OWNER/REPO", help="present or former name, or GitHub's numeric id")
    parser.add_argument(
        "--days", type=positive, default=30, metavar="N", help="back from today (default: 30)"
    )
    add_format(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    days = min(options["days"], 36_500)
    scope = Scope(team=options["team"], repo=options["repo"])
    found = gaps(scope.streams(), days, timezone.now())
    if options["format"] == "json":
        print_json(
            command.stdout, {"days": [asdict(day) for day in found], "gaps": sum(day.gap for day in found)}
        )
    else:
        _show(console(command.stdout), found, days)
    return 0


def _show(screen: Console, found: list[Day], days: int) -> None:
    if not found:
        screen.print(f"nothing of the last {days} days is stored")
        return
    rows = table("day", "repository", "delivered", "restored", "fetched", "")
    for column in rows.columns[2:5]:
        column.justify = "right"
    for one in found:
        counts = (f"{count:,}" for count in (one.delivered, one.restored, one.fetched))
        rows.add_row(str(one.day), of_payload(one.repository), *counts, "no delivery" if one.gap else "")
    screen.print(rows)
    missing = sum(day.gap for day in found)
    if missing:
        screen.print(f"{missing:,} days with changes and no delivery: manage.py reconcile")

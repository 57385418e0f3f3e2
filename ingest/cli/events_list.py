from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.table import Table

from ingest.inspection.listing import EventLine, Page, page
from ingest.inspection.status import STATUSES

from .events_text import WIDE, number, of_payload, print_reasons, size, time
from .output import add_format, console, print_json, table
from .scope_options import add_scope, positive, scope_of

HELP = "List stored events, newest first."


def add_arguments(parser: CommandParser) -> None:
    add_scope(parser)
    parser.add_argument("--status", choices=STATUSES, action="append", default=[], help="may be repeated")
    parser.add_argument("--limit", type=positive, default=50, metavar="N", help="events a page (default: 50)")
    parser.add_argument("--before", type=positive, metavar="ID", help="events older than this one")
    add_format(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    found = page(
        scope_of(options).matching(),
        names=options["status"],
        limit=options["limit"],
        before=options["before"],
    )
    if options["format"] == "json":
        events = [asdict(e) | {"status": e.status.name, "reason": e.status.told} for e in found.events]
        print_json(command.stdout, {"events": events, "before": found.before})
    else:
        _show(console(command.stdout), found)
    return 0


def _show(screen: Console, found: Page) -> None:
    if not found.events:
        screen.print("no stored event matches")
        return
    screen.print(_wide(found.events) if screen.width >= WIDE else _narrow(found.events))
    print_reasons(screen, found.events)
    if found.before:
        screen.print(f"older ones: the same command with --before {found.before}")


def _wide(events: list[EventLine]) -> Table:
    grid = table("id", "time", "source", "type.action", "repository", "number", "actor", "size", "status")
    for e in events:
        who, place = of_payload(e.actor), of_payload(e.repository)
        kind = of_payload(e.kind)
        grid.add_row(
            str(e.id), time(e.time), e.source, kind, place, number(e.number), who, size(e.size), e.status.name
        )
    return grid


def _narrow(events: list[EventLine]) -> Table:
    """Two lines an event, for a terminal of 80 columns."""
    grid = table("id", "time\nsource", "type.action\nrepository#number", "actor\nsize", "status")
    for e in events:
        when, who = f"{time(e.time)}\n{e.source}", f"{of_payload(e.actor)}\n{size(e.size)}"
        what = f"{of_payload(e.kind)}\n{of_payload(e.place)}"
        grid.add_row(str(e.id), when, what, who, e.status.name)
    return grid

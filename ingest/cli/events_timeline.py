from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console

from ingest.inspection.pull import find_pull
from ingest.inspection.timeline import Moment, timeline

from .events_text import WIDE, add_pull, of_payload, print_reasons, time
from .output import add_format, console, print_json, table

HELP = "Show every stored event of one pull request, in the order in which things happened."


def add_arguments(parser: CommandParser) -> None:
    add_pull(parser)
    add_format(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    found = timeline(find_pull(options["team"], options["repo"], options["pr"]))
    if options["format"] == "json":
        moments = [asdict(m) | {"status": m.status.name, "reason": m.status.told} for m in found]
        print_json(command.stdout, {"events": moments})
    else:
        _show(console(command.stdout), found)
    return 0


def _show(screen: Console, found: list[Moment]) -> None:
    if screen.width >= WIDE:
        grid = table("time", "id", "source", "event type", "what", "object", "actor", "status")
    else:
        grid = table("time\nobject", "id\nsource", "event type\nwhat", "actor\nstatus")
    for moment in found:
        kind, what = of_payload(moment.event_type), of_payload(moment.what)
        about, who = of_payload(moment.object_id)[:12], of_payload(moment.actor)
        at, status = time(moment.time), _status(moment)
        if screen.width >= WIDE:
            grid.add_row(at, str(moment.id), moment.source, kind, what, about, who, status)
        else:
            grid.add_row(
                f"{at}\n{about}", f"{moment.id}\n{moment.source}", f"{kind}\n{what}", f"{who}\n{status}"
            )
    screen.print(grid)
    print_reasons(screen, found)


def _status(moment: Moment) -> str:
    same = f", same content as {moment.same_as}" if moment.same_as else ""
    return f"{moment.status.name}{same}"

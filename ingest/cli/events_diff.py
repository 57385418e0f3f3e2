from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from ingest.inspection.comparison import Comparison, compare
from ingest.inspection.diff import ABSENT, Change
from ingest.inspection.noise import is_noise
from ingest.inspection.order import time_of

from .events_text import of_payload, time, value
from .output import FAILED, add_format, console, print_json, table
from .scope_options import positive

HELP = "Show what changed from the previous event of the same object, in GitHub's order."


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("id", type=positive, metavar="ID")
    parser.add_argument(
        "other", type=positive, nargs="?", metavar="OTHER_ID", help="compare with this one instead"
    )
    parser.add_argument("--all", action="store_true", help="also urls, avatars, node ids and counters")
    add_format(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    try:
        found = compare(options["id"], options["other"], everything=options["all"])
    except ValueError as error:
        raise CommandError(of_payload(str(error)), returncode=FAILED) from None
    if options["format"] == "json":
        print_json(command.stdout, _document(found))
    else:
        _show(console(command.stdout), found)
    return 0


def _document(found: Comparison) -> dict[str, Any]:
    """A side that is absent has no `before` or `after`, which null would not say."""
    return {
        "before": found.before.pk if found.before else None,
        "after": found.after.pk,
        "compared": found.compared,
        "changes": [
            {"path": str(change)}
            | {side: v for side in ("before", "after") if (v := getattr(change, side)) is not ABSENT}
            for change in found.changes
        ],
        "noise": found.noise,
    }


def _show(screen: Console, found: Comparison) -> None:
    if found.before is None:
        screen.print(f"event {found.after.pk} is the first one stored of its {found.after.event_type}")
        return
    screen.print(f"- {_title(found.before)}\n+ {_title(found.after)}")
    if found.changes:
        screen.print(_changes(found.changes))
    else:
        screen.print("nothing changed")
    if found.noise:
        plural = "s" if found.noise > 1 else ""
        screen.print(
            f"{found.noise} more place{plural} of urls, avatars, node ids or counters: --all shows them"
        )


def _title(event: Any) -> str:
    kind = ".".join(filter(None, (event.event_type, event.action)))
    source = " ".join(filter(None, (event.source, event.endpoint)))
    who = of_payload(event.actor)
    return f"event {event.pk}  {of_payload(kind)}  {of_payload(source)}  {time(time_of(event))}  {who}"


def _changes(changes: list[Change]) -> Any:
    grid = table("path", "before", "after")
    for change in changes:
        grid.add_row(of_payload(str(change)), _side(change.before), _side(change.after))
    return grid


def _side(found: Any) -> str:
    if isinstance(found, dict):
        found = {key: inner for key, inner in found.items() if not is_noise((key,))}
    return "absent" if found is ABSENT else value(found, 120)

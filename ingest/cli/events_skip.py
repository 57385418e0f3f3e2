from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingest.models import SkippedEvent
from ingest.replay.causes import of_group
from ingest.replay.scope import Scope
from ingest.replay.skipping import NotParked, skip, undo

from .events_parked import parked_of
from .output import USAGE, add_format, console, print_json
from .scope_options import positive
from .who import at_the_terminal

HELP = "Fold a parked event no more, as if it were absent; it stays in the log, and this can be undone."


def add_arguments(parser: CommandParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--event", type=positive, action="append", metavar="ID", help="may be repeated")
    which.add_argument("--group", metavar="GROUP", help="as `events parked` shows it")
    parser.add_argument("--team", metavar="SLUG", help="only events of this team, with --group")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--reason", metavar="TEXT", help="why, for who meets the gap later")
    how.add_argument("--undo", action="store_true", help="fold them again")
    add_format(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    who = at_the_terminal()
    if options["undo"]:
        events = _skipped(options)
        done = undo(events, who)
        said = f"folded again: {done:,}; what still fails is parked again"
        if not done:
            raise CommandError("none of these events was skipped", returncode=USAGE)
    else:
        try:
            done = skip(_parked(options), options["reason"], who)
        except (NotParked, ValueError) as error:
            raise CommandError(str(error), returncode=USAGE) from None
        said = f"skipped: {done:,}; to undo it, the same with --undo in place of the reason"
    if options["format"] == "json":
        print_json(command.stdout, {"undone" if options["undo"] else "skipped": done})
    else:
        console(command.stdout).print(said)
    return 0


def _parked(options: dict[str, Any]) -> list[int]:
    """Raises CommandError for a group of which nothing can be skipped, UnknownScope for unknown ids."""
    if options["event"]:
        return _known(options["event"])
    found = of_group(parked_of(options["team"], None), options["group"])
    events = [pk for pk in found.values_list("event_id", flat=True) if pk]
    if not events and found.exists():
        raise CommandError(
            "of this group whole streams are parked, not events: their rows were refused. Mend the cause, "
            "then manage.py replay --parked",
            returncode=USAGE,
        )
    if not events:
        raise CommandError(
            f"no parked event is in a group {options['group']}; manage.py events parked lists them",
            returncode=USAGE,
        )
    return events


def _skipped(options: dict[str, Any]) -> list[int]:
    if options["event"]:
        return _known(options["event"])
    found = SkippedEvent.objects.filter(group=options["group"])
    if options["team"]:
        found = found.filter(team__slug=options["team"])
    return list(found.values_list("event_id", flat=True))


def _known(event_ids: list[int]) -> list[int]:
    Scope(events=tuple(event_ids)).streams()
    return event_ids

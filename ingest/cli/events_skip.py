from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from ingest.models import SkippedEvent
from ingest.replay.causes import of_group
from ingest.replay.scope import Scope, team_by_slug
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
    parser.add_argument(
        "--team",
        metavar="SLUG",
        help="only events of this team; needed with --group where several have such events",
    )
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--reason", metavar="TEXT", help="why, for who meets the gap later")
    how.add_argument("--undo", action="store_true", help="fold them again")
    add_format(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    who = at_the_terminal()
    if options["undo"]:
        events, _ = _skipped(options)
        done = undo(events, who)
        said = f"folded again: {done:,}; what still fails is parked again"
        if not done:
            raise CommandError("none of these events was skipped", returncode=USAGE)
    else:
        events, again = _parked(options)
        try:
            done = skip(events, options["reason"], who)
        except (NotParked, ValueError) as error:
            raise CommandError(str(error), returncode=USAGE) from None
        said = f"skipped: {done:,}; to undo it: manage.py events skip {again} --undo"
    if options["format"] == "json":
        print_json(command.stdout, {"undone" if options["undo"] else "skipped": done})
    else:
        console(command.stdout).print(said)
    return 0


def _parked(options: dict[str, Any]) -> tuple[list[int], str]:
    """With the options that name them. Raises CommandError for a group of which nothing can be skipped,
    UnknownScope for unknown ids.
    """
    if options["event"]:
        return _known(options["event"])
    found = of_group(parked_of(options["team"], None), options["group"])
    events, again = _of_one_team(found.filter(event__isnull=False), options)
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
    return events, again


def _skipped(options: dict[str, Any]) -> tuple[list[int], str]:
    if options["event"]:
        return _known(options["event"])
    found = SkippedEvent.objects.filter(group=options["group"])
    if options["team"]:
        found = found.filter(team=team_by_slug(options["team"]))
    return _of_one_team(found, options)


def _of_one_team(rows: QuerySet[Any], options: dict[str, Any]) -> tuple[list[int], str]:
    """A cause has the same fingerprint in every team: who decides for one does not for the others."""
    group, found = options["group"], list(rows.values_list("event_id", "team__slug"))
    teams = sorted({slug for _, slug in found})
    if len(teams) > 1:
        raise CommandError(
            f"events of {len(teams)} teams are in the group {group}: say with --team which one is meant, of "
            f"{', '.join(teams[:20])}{' and others' if len(teams) > 20 else ''}",
            returncode=USAGE,
        )
    return [event for event, _ in found], f"--group {group} --team {teams[0] if teams else options['team']}"


def _known(event_ids: list[int]) -> tuple[list[int], str]:
    Scope(events=tuple(event_ids)).streams()
    return event_ids, " ".join(f"--event {pk}" for pk in event_ids)

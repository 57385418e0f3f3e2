from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import QuerySet
from rich.console import Console

from ingest.models import ParkedEvent
from ingest.replay.causes import Group, groups
from ingest.replay.scope import repository_ids, team_by_slug

from .events_text import of_payload, time
from .output import add_format, console, print_json

HELP = "List parked events, grouped by what caused them."


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--team", metavar="SLUG")
    parser.add_argument("--repo", metavar="OWNER/REPO", help="present or former name, or GitHub's numeric id")
    add_format(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    found = groups(parked_of(options["team"], options["repo"]))
    if options["format"] == "json":
        parked = sum(group.count for group in found)
        print_json(command.stdout, {"parked": parked, "groups": [asdict(group) for group in found]})
    else:
        _show(console(command.stdout), found)
    return 0


def parked_of(team: str | None, repo: str | None) -> QuerySet[ParkedEvent]:
    """Raises UnknownScope."""
    found = ParkedEvent.objects.all()
    if team:
        found = found.filter(team=team_by_slug(team))
    if repo:
        found = found.filter(stream__repository_id__in=repository_ids(repo, team))
    return found


def _show(screen: Console, found: list[Group]) -> None:
    if not found:
        screen.print("no event is parked")
        return
    for one in found:
        kind = of_payload(".".join(filter(None, (one.event_type, one.action)))) or "whole streams"
        span = f"{time(one.first_at)} to {time(one.last_at)}"
        sample = f"event {one.sample}: " if one.sample else ""
        screen.print(f"{one.fingerprint}  {one.count:,}  {kind} at {of_payload(one.place)}")
        screen.print(f"    parked {span}")
        screen.print(f"    {sample}{one.error}: {of_payload(one.message.strip().partition(chr(10))[0])}")
    screen.print(
        "after mending the code: manage.py replay --parked; to go on without them: "
        "manage.py events skip --team SLUG --group GROUP --reason '...'"
    )

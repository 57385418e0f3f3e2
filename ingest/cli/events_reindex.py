"""`manage.py events reindex`: the derived columns of stored events, again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Q

from ingest.log.reindexing import reindex
from ingest.models import RawGitHubEvent
from ingest.replay.scope import repository_ids, team_by_slug

from .output import add_format, console, print_json

HELP = "Recompute the columns that the log is searched by; the streams that change are then pending."


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--team", metavar="SLUG")
    parser.add_argument("--repo", metavar="OWNER/REPO", help="present or former name, or GitHub's numeric id")
    add_format(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    team, repo = options["team"], options["repo"]
    found = RawGitHubEvent.objects.all()
    if team:
        found = found.filter(team=team_by_slug(team))
    if repo:
        ids = repository_ids(repo, team)
        # By what was named as well: the derived id may be what is wrong.
        found = found.filter(Q(repository_id__in=ids) | Q(named_repository_id__in=ids))
    done = reindex(found)
    if options["format"] == "json":
        print_json(command.stdout, done.as_json())
        return 0
    screen = console(command.stdout)
    screen.print(
        f"{done.events:,} events read, {done.changed:,} changed, {done.moved:,} of them in another stream now"
    )
    if done.streams:
        which = f" --team {team}" if team else ""
        screen.print(f"{len(done.streams):,} streams are now pending: manage.py replay{which} --pending")
    return 0

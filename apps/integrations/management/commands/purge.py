"""`manage.py purge`: delete what was stored of a team or a repository, on purpose and audited."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet, Sum
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from apps.integrations.models import Purge
from apps.integrations.services import purges
from apps.metrics.models import Repository
from apps.teams.models import Team
from ingest.cli import output
from ingest.cli.who import at_the_terminal
from ingest.interrupts import exit_status, heard_while_waiting, stop_if_asked
from ingest.log.purging import named, streams_of
from ingest.models import RawGitHubEvent, Stream
from ingest.replay.scope import UnknownScope, repository_ids, team_by_slug
from ingest.runs.waiting import nap

LONGEST_NAME = Purge._meta.get_field("full_name").max_length
# How often it is looked whether a worker that is at the same purge has ended.
LOOK_SECONDS = 1.0

Step = Callable[[Counter[str]], None]


class Command(BaseCommand):
    help = (
        "Delete all stored events of a team or of one of its repositories, with everything made from them. "
        "The team and a line that says who did it stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--team", required=True, metavar="SLUG")
        parser.add_argument("--repo", metavar="OWNER/REPO", help="present name, or GitHub's numeric id")
        parser.add_argument(
            "--yes-delete", metavar="SLUG", help="the team's slug again, instead of typing it"
        )
        output.add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with output.one_line_errors():
            team = team_by_slug(options["team"])
            repositories = _repositories(team, options["repo"]) if options["repo"] else None
            self._confirm(team, repositories, options)
            try:
                with heard_while_waiting(), _progress(self.stderr, streams_of(team, repositories)) as step:
                    done = Counter(self._purge(team, repositories, step).deleted)
            except KeyboardInterrupt as stop:
                self.stderr.write("stopped: what is gone is gone, and the same command deletes the rest")
                sys.exit(exit_status(stop))
        if options["format"] == "json":
            output.print_json(self.stdout, _document(team, repositories, done))
        else:
            _show(output.console(self.stdout), done)

    def _confirm(self, team: Team, repositories: dict[int, str] | None, options: dict[str, Any]) -> None:
        screen = output.console(self.stderr)
        found = streams_of(team, repositories).aggregate(events=Sum("events"))["events"] or 0
        what = "all repositories" if repositories is None else ", ".join(map(_named, repositories.items()))
        screen.print(
            f"team {team.slug}, {what}: {found:,} events and all rows made from them will be deleted"
        )
        typed = options["yes_delete"]
        if typed is None:
            screen.print(f"This can't be undone. To go on, type {team.slug}: ", end="")
            typed = sys.stdin.readline().strip()
        if typed != team.slug:
            raise CommandError("not confirmed: nothing was deleted", returncode=output.USAGE)

    def _purge(self, team: Team, repositories: dict[int, str] | None, step: Step) -> Purge:
        """By a row as a page makes it, so that no backfill begins meanwhile. One of the same person's goes on
        at once, as the command was killed; of somebody else's the end is waited for, or the death."""
        ((key, name),) = repositories.items() if repositories else ((0, ""),)
        while True:
            asked = purges.ask(team, key, name[:LONGEST_NAME], at_the_terminal())
            try:
                if purges.work_on(asked.pk, step, who=at_the_terminal()):
                    asked.refresh_from_db()
                    return asked
            except KeyboardInterrupt:
                purges.take_back(asked, at_the_terminal())
                raise
            self.stderr.write(
                f"it is being deleted already, asked for by {asked.who}: waiting until that is done, or was "
                f"silent for {purges.SILENT.seconds} s"
            )
            while purges.is_worked_on(asked, timezone.now()):
                nap(LOOK_SECONDS, lambda: None)


@contextmanager
def _progress(stderr: Any, streams: QuerySet[Stream]) -> Iterator[Step]:
    """A bar at a terminal, nothing where nobody looks. Stops between two streams, where somebody asks for
    that."""
    screen = output.console(stderr)
    if not screen.is_terminal:
        yield lambda counts: stop_if_asked()
        return

    def step(counts: Counter[str]) -> None:
        bar.update(task, completed=counts["streams"])
        stop_if_asked()

    with Progress(console=screen, transient=True) as bar:
        task = bar.add_task("purge", total=streams.count())
        yield step


def _repositories(team: Team, name: str) -> dict[int, str]:
    """The one repository that is meant, by id with its name.

    A former name is not enough, as another repository may bear it now, and neither is a name that two bear.
    Raises `UnknownScope`.
    """
    found = {key: _present_name(team, key) for key in repository_ids(name, team.slug)}
    if 0 in found:
        raise UnknownScope(f"{name} has no id in the log: its events lie with those of no repository")
    if name.isdecimal():
        return found
    if len(found) > 1:
        several = ", ".join(map(_named, sorted(found.items())))
        raise UnknownScope(f"several are or were called {name}: {several}; give the id")
    ((key, present),) = found.items()
    if present.lower() != name.lower():
        raise UnknownScope(f"{name} is called {present} now: give that name, or the id {key}")
    return found


def _present_name(team: Team, repository_id: int) -> str:
    row = Repository.for_team(team).filter(github_repo_id=repository_id).first()
    if row is not None:
        return row.full_name
    # Nothing was processed yet: the newest event that names it.
    events = RawGitHubEvent.for_team(team).filter(repository_id=repository_id).exclude(repository_name="")
    return events.order_by("-pk").values_list("repository_name", flat=True).first() or ""


def _named(repository: tuple[int, str]) -> str:
    key, name = repository
    return f"{name or 'a repository without a name'} (id {key})"


def _document(team: Team, repositories: dict[int, str] | None, done: Counter[str]) -> dict[str, Any]:
    return {"team": team.slug, "repositories": named(repositories), "deleted": dict(sorted((+done).items()))}


def _show(screen: Console, done: Counter[str]) -> None:
    rows = output.table("deleted", "rows")
    rows.columns[1].justify = "right"
    for kind, count in sorted((+done).items()):
        rows.add_row(kind, f"{count:,}")
    screen.print(rows if +done else "there was nothing to delete")

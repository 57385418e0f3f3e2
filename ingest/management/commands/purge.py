"""`manage.py purge`: delete what was stored of a team or a repository, on purpose and audited."""

from __future__ import annotations

import getpass
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Sum
from rich.console import Console
from rich.progress import Progress

from apps.metrics.models import Repository
from apps.teams.models import Team
from ingest.cli import output
from ingest.log.purging import named, purge, streams_of
from ingest.models import RawGitHubEvent
from ingest.replay.scope import UnknownScope, repository_ids, team_by_slug


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
            with _progress(self.stderr, streams_of(team, repositories).count()) as step:
                done = purge(team, repositories, _who(), step)
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


@contextmanager
def _progress(stderr: Any, total: int) -> Iterator[Callable[[Counter[str]], None] | None]:
    """A bar at a terminal, nothing where nobody looks."""
    screen = output.console(stderr)
    if not screen.is_terminal:
        yield None
        return
    with Progress(console=screen, transient=True) as bar:
        task = bar.add_task("purge", total=total)
        yield lambda counts: bar.update(task, completed=counts["streams"])


def _repositories(team: Team, name: str) -> dict[int, str]:
    """The one repository that is meant, by id with its name.

    A former name is not enough, as another repository may bear it now, and neither is a name that two bear.
    Raises `UnknownScope`.
    """
    found = {key: _present_name(team, key) for key in repository_ids(name, team.slug)}
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


def _who() -> str:
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        name = f"user {os.getuid()}"
    return f"{name}, on the command line"


def _document(team: Team, repositories: dict[int, str] | None, done: Counter[str]) -> dict[str, Any]:
    return {"team": team.slug, "repositories": named(repositories), "deleted": dict(sorted((+done).items()))}


def _show(screen: Console, done: Counter[str]) -> None:
    rows = output.table("deleted", "rows")
    rows.columns[1].justify = "right"
    for kind, count in sorted((+done).items()):
        rows.add_row(kind, f"{count:,}")
    screen.print(rows if +done else "there was nothing to delete")

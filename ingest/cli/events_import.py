"""`manage.py events import`: bundles into the log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from apps.teams.models import Team
from ingest.bundles.broken import BadFile, MissingFile
from ingest.bundles.importing import Imported, import_bundle
from ingest.bundles.lines import Bundle, open_all
from ingest.interrupts import exit_status, heard_while_waiting
from ingest.replay.performing import Stopped, perform
from ingest.replay.report import Report
from ingest.replay.scope import Scope

from . import replay_report
from .output import FAILED, USAGE, add_format, console, print_json, table
from .progress import replay_progress
from .who import at_the_terminal

HELP = "Store the events of bundles (.ndjson, .ndjson.gz, .ndjson.zst; see docs/bundles.md)."


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="- reads standard input")
    parser.add_argument("--team", required=True, metavar="SLUG", help="made where there is none")
    parser.add_argument(
        "--replay", action="store_true", help="process what is pending of the team afterwards"
    )
    add_format(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    with ExitStack() as opened:
        try:
            bundles = open_all(options["files"], opened)
        except BadFile as error:
            status = USAGE if isinstance(error, MissingFile) else FAILED
            raise CommandError(str(error), returncode=status) from None
        screen = console(command.stderr)
        done = _import(_team(options["team"], screen), bundles, screen)
    for name, count in sorted(done.secrets.items()):
        screen.print(f"left out of the log, as it may hold a secret: the header {name} of {count:,} lines")
    report = _replay(options["team"], command.stderr) if options["replay"] else None
    if options["format"] == "json":
        print_json(command.stdout, done.as_json() | {"replay": report and report.as_json()})
    else:
        _show(console(command.stdout), done, report, options["team"])
    return FAILED if done.broken or done.damaged_files else 0


def _team(slug: str, screen: Console) -> Team:
    found = Team.objects.filter(slug=slug).first()
    if found is not None:
        return found
    team = Team(slug=slug, name=slug)
    try:
        team.full_clean()
    except ValidationError as error:
        raise CommandError(f"--team {slug}: {' '.join(error.messages)}", returncode=USAGE) from None
    screen.print(f"there was no team {slug}: it is made")
    return Team.objects.get_or_create(slug=slug, defaults={"name": slug})[0]


def _import(team: Team, bundles: list[Bundle], screen: Console) -> Imported:
    done = Imported()
    with _progress(bundles, screen) as step:
        for bundle in bundles:
            import_bundle(team, bundle, done, screen.print, step)
    return done


@contextmanager
def _progress(bundles: list[Bundle], screen: Console) -> Iterator[Callable[[], None] | None]:
    if not screen.is_terminal:
        yield None
        return
    sizes = [bundle.size for bundle in bundles]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("import", total=total)
        yield lambda: bar.update(task, completed=sum(bundle.done for bundle in bundles))


def _replay(slug: str, stderr: Any) -> Report:
    scope = Scope(team=slug, pending=True)
    try:
        with heard_while_waiting(), replay_progress(stderr, scope) as step:
            return perform(scope, at_the_terminal(), progress=step)
    except Stopped as error:
        raise CommandError(f"the events are stored; {error}", returncode=FAILED) from None
    except KeyboardInterrupt as stop:
        stderr.write(f"interrupted: the events are stored; for the rest: {_command(slug)}")
        sys.exit(exit_status(stop))


def _command(slug: str) -> str:
    return f"manage.py replay --team {slug} --pending"


def _show(screen: Console, done: Imported, report: Report | None, slug: str) -> None:
    stored = done.stored.total()
    screen.print(
        f"import: {done.lines:,} lines of {done.files:,} files in {done.seconds:.1f} s: {stored:,} stored, "
        f"{done.duplicates:,} already there, {done.broken:,} broken"
    )
    rows = table("event type", "stored")
    rows.columns[1].justify = "right"
    for event_type, count in sorted(done.stored.items()):
        rows.add_row(event_type, f"{count:,}")
    if stored:
        screen.print(rows)
    if report:
        replay_report.show(screen, report)
    elif stored:
        screen.print(f"to process them: {_command(slug)}")

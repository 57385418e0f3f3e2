"""`manage.py replay`: run stored events through the processors again."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps import sql
from ingest.cli import output, replay_report
from ingest.cli.progress import replay_progress
from ingest.cli.scope_options import add_scope, positive, scope_of
from ingest.cli.who import at_the_terminal
from ingest.cli.workers import processes
from ingest.interrupts import exit_status, heard_while_waiting
from ingest.replay.performing import Stopped, perform
from ingest.replay.replaying import Progress, dry_run, verify
from ingest.replay.report import Report
from ingest.replay.scope import Scope


class Command(BaseCommand):
    help = (
        "Run stored events through the processors again. Nothing is sent anywhere. Without a scope: "
        "everything. Exit status 1 where --verify found differences, or a newer version made rows that were "
        "left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_scope(parser)
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--pending", action="store_true", help="streams with events that are not applied yet"
        )
        which.add_argument("--parked", action="store_true", help="streams with parked events")
        which.add_argument("--stale", action="store_true", help="streams last processed by an older version")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="say what would change; write nothing")
        how.add_argument("--verify", action="store_true", help="compare the rows with the log; write nothing")
        parser.add_argument(
            "--workers", type=positive, default=1, metavar="N", help="local processes (PostgreSQL)"
        )
        output.add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with output.one_line_errors(), heard_while_waiting():
                scope = scope_of(options)
                with replay_progress(self.stderr, scope) as progress:
                    report = self._report(scope, options, progress)
        except KeyboardInterrupt as stop:
            looked = options["dry_run"] or options["verify"]
            again = "nothing was written" if looked else "the same command goes on where it stopped"
            self.stderr.write(f"interrupted: {again}")
            sys.exit(exit_status(stop))
        self._show(report, options)

    def _report(self, scope: Scope, options: dict[str, Any], progress: Progress | None) -> Report:
        if options["dry_run"]:
            return dry_run(scope, progress=progress)
        if options["verify"]:
            return verify(scope, progress=progress)
        workers = options["workers"]
        if workers > 1 and sql.is_sqlite():
            self.stderr.write("SQLite has one writer at a time: this process does the work alone")
            workers = 1
        beside = processes(workers) if workers > 1 else None
        try:
            return perform(scope, at_the_terminal(), beside=beside, progress=progress)
        except Stopped as error:
            raise CommandError(str(error), returncode=output.FAILED) from None

    def _show(self, report: Report, options: dict[str, Any]) -> None:
        if options["format"] == "json":
            output.print_json(self.stdout, report.as_json())
        else:
            replay_report.show(output.console(self.stdout), report)
        if report.processed.newer:
            self.stderr.write(report.left_alone())
        if report.processed.newer or (options["verify"] and report.changed):
            sys.exit(output.FAILED)

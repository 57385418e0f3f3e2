"""`manage.py runs`: backfills that are not over, paused, resumed and cancelled from a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.integrations.services.runs.lanes import turns_of
from apps.integrations.services.runs.owing import owing
from apps.integrations.services.runs.view import RunView
from apps.integrations.services.sending import send_after_commit
from apps.integrations.tasks import continue_backfill
from apps.teams.models import Team
from ingest.cli import output
from ingest.cli.scope_options import positive
from ingest.cli.who import at_the_terminal
from ingest.models import AuditLine, Run
from ingest.replay.scope import UnknownScope
from ingest.runs import changes

# How many that are over `list --all` shows.
NEWEST = 50
CHANGES: dict[str, Callable[[Run], bool]] = {
    "pause": changes.pause,
    "resume": changes.resume,
    "cancel": changes.cancel,
}
DONE = {"pause": "paused", "resume": "resumed: a worker goes on with it", "cancel": "cancelled"}
NOT = {"pause": "is paused or over already", "resume": "is not paused", "cancel": "is over already"}


class Command(BaseCommand):
    help = (
        "Backfills that are not over: list, pause, resume, cancel. What is stored stays, and a paused run "
        "goes on where it stopped: with `resume`, on a worker, or with the command `backfill` that began it. "
        "Exit status: 1 where a run could not be changed, 2 wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        subparsers = parser.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
        for name in ("list", *CHANGES):
            sub = subparsers.add_parser(name)
            if name == "list":
                sub.add_argument("--all", action="store_true", help=f"the newest {NEWEST}, also those over")
                output.add_format(sub)
            else:
                sub.add_argument("run", metavar="RUN", type=positive, nargs="*", help="its number")
            sub.add_argument("--team", metavar="SLUG", help="all of this team")
            sub.add_argument("--repo", metavar="OWNER/REPO", help="those of this repository")

    def handle(self, *args: Any, **options: Any) -> None:
        with output.one_line_errors():
            if options["subcommand"] == "list":
                self._list(options)
            elif not options["run"] and not options["team"] and not options["repo"]:
                raise CommandError("Name runs, or --team or --repo.", returncode=output.USAGE)
            elif not self._change(options):
                sys.exit(output.FAILED)

    def _list(self, options: dict[str, Any]) -> None:
        found = _selected(options, all_states=options["all"])
        runs = list(found.order_by("-pk")[:NEWEST] if options["all"] else found.order_by("pk"))
        rows = [_row(view) for view in _views(runs)]
        if options["format"] == "json":
            output.print_json(self.stdout, {"runs": rows})
            return
        screen = output.console(self.stdout)
        if not rows:
            screen.print("No backfill is under way." if not options["all"] else "There are no backfills.")
            return
        shown = output.table("run", "team", "repository", "state", "pull requests", "requests", "")
        for row in rows:
            counts = f"{row['pull_requests']:,}", f"{row['requests']:,}"
            names = row["team"], row["repository"] or "-", row["state"]
            shown.add_row(str(row["run"]), *names, *counts, row["says"])
        screen.print(shown)

    def _change(self, options: dict[str, Any]) -> bool:
        """Whether all that were named by number could be changed."""
        action, failed = options["subcommand"], False
        runs = list(_selected(options, all_states=True).order_by("pk"))
        missing = set(options["run"]) - {run.pk for run in runs}
        for number in sorted(missing):
            self.stderr.write(f"There is no backfill {number}.")
        for run in runs:
            with transaction.atomic():
                changed = CHANGES[action](run)
                if changed:
                    detail = {"run": run.pk, "repository": run.scope.get("repository")}
                    AuditLine.objects.create(
                        team=run.team, who=at_the_terminal(), action=f"{action} run", detail=detail
                    )
                    if action == "resume":
                        send_after_commit(continue_backfill, run.pk)
            if changed:
                self.stdout.write(f"Run {run.pk} of {run.scope.get('repository')} is {DONE[action]}.")
            elif run.pk in options["run"]:
                failed = True
                self.stderr.write(f"Run {run.pk} {NOT[action]} ({run.state}).")
        return not missing and not failed


def _selected(options: dict[str, Any], *, all_states: bool) -> Any:
    """Raises UnknownScope."""
    found = Run.objects.filter(kind=Run.Kind.BACKFILL).select_related("team")
    if options["team"]:
        team = Team.objects.filter(slug=options["team"]).first()
        if team is None:
            raise UnknownScope(f"there is no team {options['team']!r}")
        found = found.filter(team=team)
    if options["repo"]:
        found = found.filter(scope__repository__iexact=options["repo"])
    if options.get("run"):
        return found.filter(pk__in=options["run"])
    return found if all_states and options["subcommand"] == "list" else found.filter(state__in=Run.ACTIVE)


def _views(runs: list[Run]) -> list[RunView]:
    now = timezone.now()
    turns: dict[int, str] = {}
    for team in {run.team_id: run.team for run in runs}.values():
        turns |= turns_of(team, [run for run in runs if run.team_id == team.pk], now)
    return [RunView(run, now, turns.get(run.pk, "")) for run in runs]


def _row(view: RunView) -> dict[str, Any]:
    run = view.run
    owed = owing(run)
    return {
        "run": run.pk,
        "team": run.team.slug,
        "repository": run.scope.get("repository"),
        "state": run.state,
        "window": view.window.as_json(),
        "not_before": run.not_before if view.waiting else None,
        "pull_requests": view.pull_requests,
        "requests": view.counters.requests,
        "owed": owed.numbers if owed else [],
        "says": f"{view.sentence} Owed: {owed.names}. {owed.sentence}" if owed else view.sentence,
    }

"""`manage.py backfill OWNER/REPO --team SLUG`: a repository's history, in the foreground."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_slug
from django.db import transaction

from apps.integrations.cli import backfill_many
from apps.integrations.cli.backfill_progress import Screen, showing
from apps.integrations.cli.backfill_report import show, show_plan
from apps.integrations.models import IntegrationCredential, TrackedRepository
from apps.integrations.services.connecting.connections import Connection, connection_for
from apps.integrations.services.encryption import Undecryptable
from apps.integrations.services.github_client import client_with, pace
from apps.integrations.services.github_sync import begin, go_on
from apps.integrations.services.purges import NotBegun, refuse_purged
from apps.integrations.services.repositories.planning import quota_reserve
from apps.integrations.services.repositories.tracking import track
from ingest.backfill.fetcher import AUTO, GRAPHQL, REST
from ingest.backfill.plan import Planning
from ingest.backfill.report import report
from ingest.backfill.repository import NAME, OWNER, Repository, find
from ingest.backfill.starting import active
from ingest.backfill.window import DAYS, Window
from ingest.cli import output
from ingest.cli.scope_options import positive
from ingest.cli.who import at_the_terminal
from ingest.github.addresses import api_url_problem
from ingest.github.client import GitHubClient
from ingest.github.errors import CredentialRevoked, GitHubError, RateLimited
from ingest.interrupts import exit_status, heard_while_waiting
from ingest.models import Run
from ingest.runs.lease import LeaseLost, NotFree

T = TypeVar("T")


class Command(BaseCommand):
    help = (
        "Fetch a repository's pull requests, reviews and commits from GitHub into the log, and make rows of "
        "them. Can be stopped and killed: the same command goes on. Makes the team and follows the "
        "repository where absent. The token is GITHUB_TOKEN, else the team's own. "
        "Exit status: 1 failed, 2 wrong usage, 3 waiting for a limit with --no-wait."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "repository",
            metavar="OWNER/REPO",
            type=repository_name,
            help="OWNER alone: all its repositories, those pushed to last first, in turns",
        )
        parser.add_argument("--archived", action="store_true", help="with OWNER: archived ones too")
        parser.add_argument(
            "--queue", action="store_true", help="with OWNER: follow them and leave the work to workers"
        )
        parser.add_argument("--team", metavar="SLUG", type=slug, required=True)
        window = parser.add_mutually_exclusive_group()
        window.add_argument(
            "--days",
            type=positive,
            default=DAYS,
            metavar="N",
            help=f"pull requests updated in the last N days, and every open one (default: {DAYS})",
        )
        window.add_argument("--all", action="store_true", help="every pull request there ever was")
        parser.add_argument(
            "--api",
            choices=(AUTO, REST, GRAPHQL),
            default=AUTO,
            help="auto (the default): the one that takes less of its quota, which the run then says",
        )
        parser.add_argument("--plan", action="store_true", help="say how much it would be; store nothing")
        parser.add_argument("--no-replay", action="store_true", help="store only, make no rows")
        parser.add_argument(
            "--no-wait", action="store_true", help="end at a rate limit instead of counting down"
        )
        output.add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        problem = api_url_problem(settings.GITHUB_API_URL)
        if problem:
            raise CommandError(f"GITHUB_API_URL: {problem}", returncode=output.FAILED)
        if "/" in options["repository"] and (options["archived"] or options["queue"]):
            raise CommandError("--archived and --queue go with OWNER alone.", returncode=output.USAGE)
        window = Window(None if options["all"] else options["days"])
        with self._one_line_errors(), heard_while_waiting(), showing(self.stderr) as screen:
            connection = connection_for(options["team"])
            if "/" not in options["repository"]:
                ask = partial(_asking, connection, screen, options)
                status = backfill_many.run(self, connection, window, screen, options, ask)
                if status:
                    sys.exit(status)
            elif options["plan"]:
                self._plan(connection, window, screen, options)
            else:
                self._backfill(connection, window, screen, options)

    def _plan(self, connection: Connection, window: Window, screen: Screen, options: dict[str, Any]) -> None:
        def plan(client: GitHubClient) -> Any:
            repository = find(client.get, options["repository"])
            team_id = connection.team.pk if connection.team else None
            planning = Planning(
                client, repository, team_id=team_id, per_second=pace(), reserve=quota_reserve()
            )
            return planning.plan(window, options["api"])

        found = _asking(connection, screen, options, plan)
        if options["format"] == "json":
            output.print_json(self.stdout, found.as_json())
        else:
            show_plan(output.console(self.stdout), found, window)

    def _backfill(
        self, connection: Connection, window: Window, screen: Screen, options: dict[str, Any]
    ) -> None:
        run, credential, found = self._run(connection, window, screen, options)
        try:
            run = go_on(
                run,
                credential,
                paused=True,
                replay=not options["no_replay"],
                wait=None if options["no_wait"] else screen.wait,
                repository=found,
                progress=screen.progress,
            )
        except KeyboardInterrupt:
            screen.say(f"run {run.pk} is paused; the same command goes on with it")
            raise
        except GitHubError:
            run.refresh_from_db()
            if options["format"] == "json" and run.state == Run.State.FAILED:
                output.print_json(self.stdout, report(run))
            raise
        self._show(run, options)
        if run.state == Run.State.WAITING:
            screen.say(f"GitHub's limit is reached: the same command goes on after {run.not_before}")
            sys.exit(output.WAITING)

    def _run(
        self, connection: Connection, window: Window, screen: Screen, options: dict[str, Any]
    ) -> tuple[Run, IntegrationCredential, Repository | None]:
        """The run to work on. Nothing is made before GitHub has shown the repository."""
        run = _waiting_run(connection, options["repository"])
        if run is not None:
            # GitHub bans who asks before the limit is over, and be it for the repository's name.
            _, credential = connection.make()
            return run, credential, None
        found = _asking(connection, screen, options, lambda client: find(client.get, options["repository"]))
        team, credential = connection.make()
        refuse_purged(team, found.id, found.full_name)
        tracked = track(team, found, credential)
        with transaction.atomic():
            run, created = begin(tracked, window, at_the_terminal())
            if created:
                run.scope["api"] = options["api"]
                run.save(update_fields=["scope"])
        if not created:
            begun = Window.from_json(run.scope["window"])
            screen.say(f"going on with run {run.pk}: {begun}")
        return run, credential, found

    def _show(self, run: Run, options: dict[str, Any]) -> None:
        if options["format"] == "json":
            output.print_json(self.stdout, report(run))
        else:
            show(output.console(self.stdout), report(run))

    @contextmanager
    def _one_line_errors(self) -> Iterator[None]:
        try:
            with output.one_line_errors():
                yield
        except RateLimited as error:
            raise CommandError(str(error), returncode=output.WAITING) from None
        except (GitHubError, NotBegun, NotFree, LeaseLost, Undecryptable, ImproperlyConfigured) as error:
            raise CommandError(str(error), returncode=output.FAILED) from None
        except KeyboardInterrupt as stop:
            sys.exit(exit_status(stop))


def repository_name(text: str) -> str:
    if not NAME.fullmatch(text) and not OWNER.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no OWNER/REPO")
    return text


def slug(text: str) -> str:
    try:
        validate_slug(text)
    except ValidationError:
        raise argparse.ArgumentTypeError(f"{text!r} is no slug: letters, digits, - and _ only") from None
    return text


def _asking(
    connection: Connection, screen: Screen, options: dict[str, Any], ask: Callable[[GitHubClient], T]
) -> T:
    """What `ask` finds at GitHub, before there is a run that could wait."""
    while True:
        try:
            with client_with(connection.token) as client:
                return ask(client)
        except CredentialRevoked as error:
            connection.mark_revoked(str(error))
            raise
        except RateLimited as limit:
            if options["no_wait"]:
                raise
            screen.wait(limit.reset_at, lambda: None)


def _waiting_run(connection: Connection, name: str) -> Run | None:
    if connection.team is None:
        return None
    followed = TrackedRepository.for_team(connection.team).filter(is_active=True)
    tracked = followed.filter(full_name__iexact=name).first()
    run = active(connection.team, tracked.github_repo_id) if tracked else None
    return run if run is not None and run.state == Run.State.WAITING else None

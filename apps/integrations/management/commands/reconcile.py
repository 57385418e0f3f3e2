"""`manage.py reconcile`: fetch the deliveries that never arrived, in the foreground."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.integrations.cli.backfill_progress import Screen, showing
from apps.integrations.cli.reconcile_report import line, show
from apps.integrations.models import TrackedRepository
from apps.integrations.services.credentials import mark_revoked
from apps.integrations.services.encryption import Undecryptable
from apps.integrations.services.github_client import client_for
from apps.integrations.services.github_sync import go_on
from apps.integrations.services.purges import NotBegun
from apps.integrations.services.runs.comparing import compare
from apps.integrations.services.webhooks.reconcile import Found, checkpoint_of, reconcile
from apps.teams.models import Team
from ingest.cli import output
from ingest.github.addresses import api_url_problem
from ingest.github.errors import CredentialRevoked, GitHubError, RateLimited
from ingest.interrupts import exit_status, heard_while_waiting
from ingest.live.pending import work_off
from ingest.models import Run
from ingest.replay.scope import UnknownScope
from ingest.runs.lease import LeaseLost, NotFree


class Command(BaseCommand):
    help = (
        "Compare the deliveries that GitHub made with the log, and fetch those that never arrived or failed. "
        "GitHub keeps them for three days; what is older, or may not be read, is compared with the API. "
        "Can be stopped and killed: the same command goes on. "
        "Exit status: 1 failed for a repository, 2 wrong usage, 3 waiting for a limit with --no-wait."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--team", metavar="SLUG", help="default: all teams")
        parser.add_argument("--repo", metavar="OWNER/REPO", help="default: every followed repository")
        parser.add_argument(
            "--no-wait", action="store_true", help="end at a rate limit instead of counting down"
        )
        output.add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        problem = api_url_problem(settings.GITHUB_API_URL)
        if problem:
            raise CommandError(f"GITHUB_API_URL: {problem}", returncode=output.FAILED)
        try:
            with output.one_line_errors(), heard_while_waiting(), showing(self.stderr) as screen:
                status = self._reconcile(_selected(options), screen, options)
        except (Undecryptable, ImproperlyConfigured) as error:
            raise CommandError(str(error), returncode=output.FAILED) from None
        except KeyboardInterrupt as stop:
            sys.exit(exit_status(stop))
        if status:
            sys.exit(status)

    def _reconcile(self, selected: list[TrackedRepository], screen: Screen, options: dict[str, Any]) -> int:
        lines = [_one(tracked, screen, wait=not options["no_wait"]) for tracked in selected]
        done = work_off()
        report = {
            "repositories": lines,
            "missing": sum(one["missing"] for one in lines),
            "restored": sum(one["restored"] for one in lines),
            "unfetched": sum(one["unfetched"] for one in lines),
            "streams": done.streams,
            "parked": done.parked,
        }
        if options["format"] == "json":
            output.print_json(self.stdout, report)
        else:
            show(output.console(self.stdout), report)
        states = {one["state"] for one in lines}
        return output.FAILED if "failed" in states else output.WAITING if "waiting" in states else 0


def _selected(options: dict[str, Any]) -> list[TrackedRepository]:
    """Raises UnknownScope where there is nothing to look at."""
    found = TrackedRepository.objects.filter(is_active=True).select_related("team", "integration__credential")
    if options["team"]:
        if not Team.objects.filter(slug=options["team"]).exists():
            raise UnknownScope(f"there is no team {options['team']!r}")
        found = found.filter(team__slug=options["team"])
    if options["repo"]:
        found = found.filter(full_name__iexact=options["repo"])
    selected = list(found.order_by("team__slug", "full_name", "pk"))
    if not selected:
        raise UnknownScope(f"no repository {options['repo'] or ''} is followed".replace("  ", " "))
    return selected


def _one(tracked: TrackedRepository, screen: Screen, *, wait: bool) -> dict[str, Any]:
    """One repository's line of the report: what goes wrong with it leaves the others alone."""
    if tracked.webhook_id is None:
        return line(
            tracked, "no hook", None, None, "no hook of ours is known: only a backfill finds what is new"
        )
    found, run = None, None
    try:
        found = _look(tracked, screen, wait=wait)
        if found.compare_reason:
            run = compare(tracked, found.compare_since)
            run = go_on(run, wait=screen.wait if wait else None, progress=screen.progress)
    except RateLimited as limit:
        return line(tracked, "waiting", found, run, str(limit))
    except (GitHubError, NotBegun, NotFree, LeaseLost) as error:
        if isinstance(error, CredentialRevoked):
            mark_revoked(tracked.integration.credential, str(error))
        return line(tracked, "failed", found, run, str(error))
    if run and run.state == Run.State.WAITING:
        return line(tracked, "waiting", found, run, "")
    return line(tracked, "unreadable" if found.unreadable else "complete", found, run, "")


def _look(tracked: TrackedRepository, screen: Screen, *, wait: bool) -> Found:
    not_before, repeats = checkpoint_of(tracked).not_before, 0
    while True:
        if not_before and not_before > timezone.now():
            # GitHub bans who asks before the limit is over.
            if not wait:
                raise RateLimited(not_before)
            screen.wait(not_before, lambda: None)
        try:
            with client_for(tracked.integration.credential, secondary_repeats=repeats) as client:
                return reconcile(
                    tracked, client, progress=lambda found: screen.looked(tracked.full_name, found.restored)
                )
        except RateLimited as limit:
            if not wait:
                raise
            not_before, repeats = limit.reset_at, limit.repeats

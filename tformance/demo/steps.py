"""What the demo does, step by step. Needs Django set up in the demo's environment."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from django.core.management import call_command
from rich.console import Console

from apps.dashboard.numbers import numbers
from apps.integrations.cli.backfill_progress import showing
from apps.integrations.cli.backfill_report import show as show_run
from apps.integrations.models import AvailableRepository
from apps.metrics.models import TeamMember
from apps.teams.models import Team
from ingest.backfill.report import report
from ingest.cli.output import console
from ingest.models import Run
from ingest.standin import Standin

from .browser import Browser, Stuck
from .connecting import check_webhooks, connect, follow, watch
from .happenings import happening
from .pages import Pages
from .table import show
from .visitor import make_visitor
from .working import working
from .worlds import OWNER, REPOSITORY, SEED, worlds_as_of

TEAM = "demo"


def run(pages: Pages, standin: Standin, folder: Path, every: int | None) -> None:
    """`folder`: for files that are gone afterwards. `every`: see `--every`; None: end after the result."""
    screen = console(sys.stdout)
    call_command("migrate", verbosity=0, interactive=False)
    team, _ = Team.objects.get_or_create(slug=TEAM, defaults={"name": "Demo"})
    make_visitor(team)
    # Its present is just before the demo's team was made: the same at each call, and past enough for the
    # latest changes to count as settled when they are fetched.
    standin.worlds.extend(worlds_as_of(team.created_at - timedelta(minutes=1)))
    now = standin.world.now
    screen.print(f"{REPOSITORY} at the GitHub stand-in: seed {SEED}, as of {now:%Y-%m-%d %H:%M:%S} UTC\n")
    pages.serve()
    with working(folder):
        _go_through(screen, Browser(pages.site), team)
        if every is not None:
            screen.print(f"\nThe pages are at {pages.site}/ until Ctrl-C.")
            sys.stdout.flush()
            with happening(standin, every):
                pages.wait()
            screen.print("\nStopped. The next `make demo` goes on with the same database.")


def _go_through(screen: Console, browser: Browser, team: Team) -> None:
    integration = connect(browser, team)
    listed = AvailableRepository.for_team(team).count()
    members = TeamMember.for_team(team).count()
    screen.print(
        f"Connected to {integration.organization_slug or OWNER} as {integration.credential.github_login} by"
        f" GitHub's sign-in: {members} members, {listed} repositories to choose from.\n"
    )
    found = follow(browser, team, REPOSITORY)
    check_webhooks(browser, team)
    with showing(sys.stderr) as progress:
        found = watch(found, progress)
    show_run(screen, report(found))
    if found.state == Run.State.FAILED:
        raise Stuck(f"run {found.pk} failed: {found.message}")
    screen.print("\nThe same events once more: no row may change.")
    call_command("replay", team=TEAM)
    screen.print()
    show(screen, numbers(team))

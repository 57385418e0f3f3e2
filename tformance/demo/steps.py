"""What the demo does, step by step. Needs Django set up in the demo's environment."""

from __future__ import annotations

import sys

from django.conf import settings
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer

from apps.dashboard.numbers import numbers
from apps.teams.models import Team
from ingest.cli.output import console
from ingest.standin import World, running

from .pages import serve
from .table import show
from .visitor import make_visitor

TEAM = "demo"
REPOSITORY = "acme/rocket"
SEED = 7
PULLS = 240


def run(server: ThreadedWSGIServer | None) -> None:
    screen = console(sys.stdout)
    call_command("migrate", verbosity=0, interactive=False)
    team, _ = Team.objects.get_or_create(slug=TEAM, defaults={"name": "Demo"})
    make_visitor(team)
    world = world_of(team)
    with running(world) as standin:
        settings.GITHUB_API_URL = standin.url
        screen.print(
            f"{REPOSITORY} at the GitHub stand-in: seed {SEED}, as of {world.now:%Y-%m-%d %H:%M:%S} UTC\n"
        )
        call_command("backfill", REPOSITORY, team=TEAM, all=True)
        screen.print("\nThe same events once more: no row may change.")
        call_command("replay", team=TEAM)
        screen.print()
        show(screen, numbers(team))
        if server:
            screen.print(f"\nThe pages are at http://127.0.0.1:{server.server_port}/ until Ctrl-C.")
            sys.stdout.flush()
            from tformance.wsgi import application

            serve(server, application)
            screen.print("\nStopped. The next `make demo` goes on with the same database.")


def world_of(team: Team) -> World:
    """The same at each call: its present is the moment when the demo's team was made."""
    return World.generate(seed=SEED, pulls=PULLS, now=team.created_at)

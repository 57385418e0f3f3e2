"""The command, killed with SIGKILL and started again: log and tables are those of an undisturbed backfill."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings

from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.models import Run
from ingest.standin import running
from tests.tables import log_of, tables

SECONDS = 60


def kill_at(standin, requests: int, command: list[str], environment: dict[str, str]) -> bool:
    """Start the command and kill it when GitHub has been asked so often from here on; False where it ended
    before, by itself.
    """
    asked = len(standin.requests) + requests
    process = subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    end = time.monotonic() + SECONDS
    while len(standin.requests) < asked and process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("api", "step"), [("rest", 15), ("graphql", 1)])
def test_each_life_ends_some_requests_later(world, clock, backfill, database_url, api, step):
    undisturbed = TeamFactory()
    command = ["backfill", "acme/rocket", "--team=core", f"--api={api}"]
    with running(world, clock=clock, latency=0.02) as standin:
        environment = {
            "DATABASE_URL": database_url,
            "GITHUB_API_URL": standin.url,
            "GITHUB_TOKEN": "token",
        }
        # At once: the holder of the lease ran here and is gone.
        kills = 0
        while kill_at(standin, 1 + step * kills, command, environment):
            kills += 1
        backfill(standin, undisturbed, api=api)

    assert kills >= 3
    team = Team.objects.get(slug="core")
    assert Run.for_team(team).get().state == Run.State.COMPLETE
    assert log_of(team) == log_of(undisturbed)
    assert tables(team) == tables(undisturbed)

"""A replay on real workers: started without a terminal, its worker killed, found again by beat."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.metrics.models import PullRequest
from apps.teams.factories import TeamFactory
from ingest.models import Chunk, Run
from ingest.replay.replaying import verify
from ingest.replay.scope import Scope
from tests.live.brokers import Files, Redis, why_not
from tests.live.processes import wait_until
from tests.payloads import fetched, merged
from tests.processed import store_and_process

PULLS = 3000
# A lease ends after 30 seconds, beat looks every 15.
SECONDS = 120


@pytest.fixture
def broker():
    """SQLite goes with the embedded broker, PostgreSQL with a server."""
    if connection.vendor == "sqlite":
        return Files
    if reason := why_not(Redis):
        pytest.skip(reason)
    return Redis


def test_a_worker_killed_during_a_replay_is_replaced(transactional_db, install, broker, run_manage):
    team = TeamFactory(slug="us")
    for first in range(1, PULLS, 500):
        store_and_process(team, *(fetched(merged(number)) for number in range(first, first + 500)))
    # Beat's own work on what is pending takes no part: all is applied, by a formula that was wrong.
    PullRequest.objects.update(cycle_time_hours=None)
    installation = install(broker)
    installation.stack.callback(installation.broker.stop)
    installation.broker.start()
    installation.start(installation.worker, installation.beat)
    code = (
        "from ingest.replay.scope import Scope\nfrom ingest.replay.starting import start_replay\n"
        "print(start_replay(Scope(team='us'), 'ann@example.com').state)"
    )
    started = run_manage("shell", "-c", code, CELERY_BROKER_URL=installation.broker.url)
    assert started.returncode == 0, started.stderr

    def streams():
        return Run.objects.get().counters.get("streams", 0)

    wait_until(lambda: streams() > 0, SECONDS, f"a chunk is done\n{installation.worker.said()}")
    installation.worker.kill()
    left = streams()
    assert left < PULLS
    installation.start(installation.worker)
    over = lambda: Run.objects.get().finished_at is not None  # noqa: E731
    wait_until(over, SECONDS, f"the run is over\n{installation.worker.said()}")
    run = Run.objects.get()
    assert (run.state, run.report["streams"], run.report["updated"]) == ("complete", PULLS, PULLS)
    assert not Chunk.objects.exists()
    assert verify(Scope(team="us")).changed == 0
    assert "Traceback" not in installation.worker.said(), installation.worker.said()

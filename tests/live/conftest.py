from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apps.integrations.factories import GitHubIntegrationFactory
from apps.integrations.services.github_webhooks import endpoint_of
from apps.teams.models import Team
from ingest.live.pending import is_pending
from tests.live import processes
from tests.live.brokers import Broker
from tests.live.processes import START_SECONDS, Process, free_port, listens, wait_until

SECRET = "s3cret of the hook"
# Beat looks every ten seconds.
PROCESSED_SECONDS = 90


@pytest.fixture
def team(transactional_db: None) -> Team:
    """A team that takes deliveries signed with SECRET."""
    team: Team = GitHubIntegrationFactory.create(team__slug="live", webhook_secret=SECRET).team
    return team


@pytest.fixture
def address(team: Team) -> str:
    return f"/webhooks/github/{endpoint_of(team).key}/"


class Installation:
    """Web, worker and beat on the test database, as separate processes."""

    def __init__(self, database_url: str, folder: Path, broker: Broker, stack: ExitStack) -> None:
        self.broker, self.stack = broker, stack
        self.port = free_port()
        shared = processes.environment(DATABASE_URL=database_url, CELERY_BROKER_URL=broker.url)
        self.web = processes.web(shared, folder, self.port)
        self.worker = processes.worker(shared, folder)
        self.beat = processes.beat(shared, folder)

    def start(self, *wanted: Process) -> None:
        for process in wanted:
            self.stack.callback(process.stop)
            process.start()
        if self.web in wanted:
            wait_until(lambda: listens(self.port), START_SECONDS, "the web server starts")

    def wait_until_processed(self) -> None:
        wait_until(lambda: not is_pending(), PROCESSED_SECONDS, "all is processed")


@pytest.fixture
def install(database_url: str) -> Iterator[Callable[..., Installation]]:
    """Makes an installation with the broker that it is given; it stops with the test."""
    # Not pytest's folder, which is closed to the user that brokers run as.
    with tempfile.TemporaryDirectory(prefix="tformance-live-") as name, ExitStack() as stack:

        def make(kind: Callable[[Path], Broker]) -> Installation:
            return Installation(database_url, Path(name), kind(Path(name)), stack)

        yield make

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import responses as responses_library

from ingest.github.client import GitHubClient

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def naps() -> list[float]:
    """How long the client would have slept, one entry for each time."""
    return []


@pytest.fixture
def make_client(naps: list[float]) -> Any:
    """A client that never waits; its jitter is always the longest, its clock stands still."""
    made: list[GitHubClient] = []

    def make(base_url: str, token: Callable[[], str] = lambda: "ghp_example", **options: Any) -> GitHubClient:
        options = {"sleep": naps.append, "clock": lambda: NOW, "jitter": lambda: 1.0, **options}
        client = GitHubClient(token, base_url=base_url, **options)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def responses() -> Iterator[responses_library.RequestsMock]:
    """Answers for addresses of other machines."""
    with responses_library.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock

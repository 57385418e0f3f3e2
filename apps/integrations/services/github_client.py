"""GitHub's client, as the settings want it."""

import time
from collections.abc import Callable

from django.conf import settings

from apps.integrations.models import IntegrationCredential
from apps.integrations.services.credentials import note_use, token_source
from ingest.github.client import GitHubClient
from ingest.github.errors import Unreachable
from ingest.github.pacing import Pacer, requests_per_second

# Connect and read, in seconds. GitHub itself ends a request after 10 s; together they stay below the time
# after which a run without a sign of life counts as dead.
TIMEOUT = (5.0, 15.0)
PAGE_TIMEOUT = (3.0, 10.0)


def client_for(
    credential: IntegrationCredential,
    *,
    secondary_repeats: int = 0,
    sleep: Callable[[float], None] = time.sleep,
) -> GitHubClient:
    """A client that asks with a team's token, for one thread; close it.

    `secondary_repeats`: `RateLimited.repeats` of the run that it goes on with.
    """
    note_use(credential)
    return client_with(token_source(credential), secondary_repeats=secondary_repeats, sleep=sleep)


def client_with(
    token: Callable[[], str],
    *,
    secondary_repeats: int = 0,
    sleep: Callable[[float], None] = time.sleep,
) -> GitHubClient:
    """The same for a token whose credential has no row yet."""
    return GitHubClient(
        token,
        base_url=settings.GITHUB_API_URL,
        pacer=Pacer(pace(), sleep=sleep),
        sleep=sleep,
        timeout=TIMEOUT,
        secondary_repeats=secondary_repeats,
    )


def client_for_page(token: Callable[[], str]) -> GitHubClient:
    """For a page on whose answer a person waits: one retry at once, then Unreachable."""
    return GitHubClient(
        token,
        base_url=settings.GITHUB_API_URL,
        pacer=Pacer(None),
        sleep=_Impatient(),
        timeout=PAGE_TIMEOUT,
    )


class _Impatient:
    """Called between two attempts."""

    def __init__(self) -> None:
        self.tried = False

    def __call__(self, seconds: float) -> None:
        if self.tried:
            raise Unreachable("GitHub does not answer as it should just now.")
        self.tried = True


def pace() -> float | None:
    """Requests a second at the API's address, None for no limit."""
    given: float | None = getattr(settings, "GITHUB_REQUESTS_PER_SECOND", None)
    return requests_per_second(settings.GITHUB_API_URL) if given is None else given

"""GitHub's client, as the settings want it."""

import time
from collections.abc import Callable

from django.conf import settings

from apps.integrations.models import IntegrationCredential
from apps.integrations.services.credentials import token_source
from ingest.github.client import GitHubClient
from ingest.github.pacing import Pacer, requests_per_second


def client_for(
    credential: IntegrationCredential,
    *,
    secondary_repeats: int = 0,
    sleep: Callable[[float], None] = time.sleep,
) -> GitHubClient:
    """A client that asks with a team's token, for one thread; close it.

    `secondary_repeats`: `RateLimited.repeats` of the run that it goes on with.
    """
    pace = getattr(settings, "GITHUB_REQUESTS_PER_SECOND", None)
    if pace is None:
        pace = requests_per_second(settings.GITHUB_API_URL)
    return GitHubClient(
        token_source(credential),
        base_url=settings.GITHUB_API_URL,
        pacer=Pacer(pace, sleep=sleep),
        sleep=sleep,
        secondary_repeats=secondary_repeats,
    )

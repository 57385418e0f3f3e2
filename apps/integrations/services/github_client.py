"""GitHub's client, as the settings want it."""

import time
from collections.abc import Callable

from django.conf import settings

from apps.integrations.models import IntegrationCredential
from apps.integrations.services.credentials import note_use, token_source
from ingest.github.bearer import fingerprint
from ingest.github.client import GitHubClient
from ingest.github.errors import Unreachable
from ingest.github.pacing import Resource, pace_of, points_a_minute
from ingest.github.shared_pacer import SharedPacer

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

    It shares its budget with all who ask in the same name, and leaves them a reserve (RateLimited).
    `secondary_repeats`: `RateLimited.repeats` of the run that it goes on with.
    """
    note_use(credential)
    token = token_source(credential)
    return GitHubClient(
        token,
        base_url=settings.GITHUB_API_URL,
        pacer=_pacer(account_key(credential, token), sleep),
        sleep=sleep,
        timeout=TIMEOUT,
        secondary_repeats=secondary_repeats,
    )


def client_with(
    token: Callable[[], str],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> GitHubClient:
    """For somebody at a terminal, and a token whose credential may have no row yet."""
    return GitHubClient(
        token,
        base_url=settings.GITHUB_API_URL,
        pacer=_pacer(_key_of(token), sleep, for_people=True),
        sleep=sleep,
        timeout=TIMEOUT,
    )


def client_for_page(
    token: Callable[[], str], credential: IntegrationCredential | None = None
) -> GitHubClient:
    """For a page on whose answer a person waits: one retry at once, then Unreachable.

    `credential`: whose token it is, if that has a row.
    """
    key = account_key(credential, token) if credential else _key_of(token)
    return GitHubClient(
        token,
        base_url=settings.GITHUB_API_URL,
        pacer=_pacer(key, time.sleep, for_people=True),
        sleep=_Impatient(),
        timeout=PAGE_TIMEOUT,
    )


def account_key(credential: IntegrationCredential, token: Callable[[], str]) -> Callable[[], str]:
    """Whose quota a credential's requests take: GitHub counts by person, whatever token and team.

    GITHUB_TOKEN may be another person's tomorrow, so there the token itself tells.
    """
    is_own = credential.source != IntegrationCredential.Source.ENVIRONMENT
    if is_own and credential.github_user_id is not None:
        key = f"user:{credential.github_user_id}"
        return lambda: key
    return _key_of(token)


def _key_of(token: Callable[[], str]) -> Callable[[], str]:
    return lambda: f"token:{fingerprint(token())}"


def _pacer(
    key: Callable[[], str], sleep: Callable[[float], None], *, for_people: bool = False
) -> SharedPacer:
    return SharedPacer(
        key,
        {"rest": _points("rest"), "graphql": _points("graphql")},
        reserve_percent=settings.GITHUB_RESERVE_PERCENT,
        for_people=for_people,
        sleep=sleep,
    )


class _Impatient:
    """Called between two attempts."""

    def __init__(self) -> None:
        self.tried = False

    def __call__(self, seconds: float) -> None:
        if self.tried:
            raise Unreachable("GitHub does not answer as it should just now.")
        self.tried = True


def pace(resource: Resource = "rest") -> float | None:
    """Requests a second that all together may begin at the API's address, None for no limit."""
    points = _points(resource)
    return None if points is None else pace_of(points).per_second


def _points(resource: Resource) -> float | None:
    given: float | None = settings.GITHUB_REQUESTS_PER_SECOND
    return points_a_minute(settings.GITHUB_API_URL, resource) if given is None else given * 60

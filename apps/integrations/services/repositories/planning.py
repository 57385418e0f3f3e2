"""What a backfill would take, counted at GitHub while somebody waits for the answer."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.conf import settings

from apps.integrations.models import AvailableRepository, GitHubIntegration
from apps.integrations.services.credentials import mark_revoked, token_source
from apps.integrations.services.encryption import Undecryptable
from apps.integrations.services.github_client import client_for_page, pace
from apps.integrations.services.repositories.planning_many import PlanOfMany, Wanted, plan_many
from apps.integrations.services.runs.advice import advice
from apps.teams.models import Team
from ingest.backfill.plan import Plan, Planning
from ingest.backfill.repository import find_again
from ingest.backfill.window import Window
from ingest.github.errors import CredentialRevoked, GitHubError, RateLimited

# A page waits no longer; a web server would end it soon.
PATIENCE = 15.0


class TookTooLong(Exception):
    """The list has too many pages to count them while somebody waits."""


def plan_of(
    team: Team, integration: GitHubIntegration, repo_id: int, full_name: str, window: Window
) -> tuple[Plan | None, str]:
    """The plan, or why there is none, with the next step."""
    end = time.monotonic() + PATIENCE

    def clock() -> float:
        # Planning looks at the clock before and after each page.
        if time.monotonic() > end:
            raise TookTooLong
        return time.monotonic()

    credential = integration.credential
    try:
        with client_for_page(token_source(credential), credential) as client:
            repository = find_again(client.get, repo_id, full_name)
            planning = Planning(
                client,
                repository,
                team_id=team.pk,
                per_second=pace(),
                reserve=quota_reserve(),
                clock=clock,
            )
            return planning.plan(window), ""
    except TookTooLong:
        return None, (
            "It is a large repository: counting took too long. It can be synced all the same; a run can be"
            " paused at any time, and it waits for GitHub's limit by itself."
        )
    except RateLimited as limit:
        return None, f"GitHub's limit is reached: ask again after {limit.reset_at:%H:%M} UTC."
    except CredentialRevoked as error:
        mark_revoked(credential, str(error))
        return None, _sentence(error)
    except (GitHubError, Undecryptable) as error:
        return None, _sentence(error)


def quota_reserve() -> float:
    """The share of an hour's quota that backfills leave to others."""
    return float(settings.GITHUB_RESERVE_PERCENT) / 100


def plan_of_many(
    team: Team, integration: GitHubIntegration, listed: Sequence[AvailableRepository], window: Window
) -> tuple[PlanOfMany | None, str]:
    """The plan of all of them together, or why there is none, with the next step."""
    wanted = [Wanted(row.github_repo_id, row.full_name) for row in listed]
    credential = integration.credential
    try:
        with client_for_page(token_source(credential), credential) as client:
            found = plan_many(
                client,
                wanted,
                window,
                team_id=team.pk,
                per_second=pace(),
                reserve=quota_reserve(),
                patience=PATIENCE / 2,
            )
            return found, found.problem
    except RateLimited as limit:
        return None, f"GitHub's limit is reached: ask again after {limit.reset_at:%H:%M} UTC."
    except (GitHubError, Undecryptable) as error:
        if isinstance(error, CredentialRevoked):
            mark_revoked(credential, str(error))
        return None, _sentence(error)


def _sentence(error: Exception) -> str:
    return f"{advice(type(error).__name__).what} ({error}) {advice(type(error).__name__).next}"

"""Where the list of deliveries is not enough, a look asks for a comparison with the API."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.integrations.models import Reconciliation, TrackedRepository
from apps.integrations.services.webhooks.reconcile import KEPT
from apps.integrations.tests.conftest import NOW
from apps.integrations.tests.reconcile.conftest import Look, covered
from ingest.models import Run
from ingest.standin import Standin, World
from ingest.standin.hooks import Hook
from tests.clock import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_rest")]


def test_what_is_older_than_the_list_is_compared_with_the_api(
    standin: Standin, world: World, clock: Clock, tracked: TrackedRepository, hook: Hook, look: Look
) -> None:
    covered(tracked, NOW - KEPT)
    found = look()
    assert (found.complete, found.compare_since) == (True, NOW - KEPT)
    assert "3 days" in found.compare_reason
    row = Reconciliation.objects.get()
    assert row.seen_until == NOW - KEPT, "until the comparison is made"
    Run.objects.create(
        team=tracked.team,
        kind="backfill",
        state="complete",
        github_repo_id=tracked.github_repo_id,
        scope={"started_at": clock.now.isoformat()},
    )
    assert look().compare_reason == ""
    row.refresh_from_db()
    assert row.seen_until == clock.now


def test_without_a_look_or_a_backfill_all_is_compared(look: Look) -> None:
    found = look()
    assert (found.compare_reason != "", found.compare_since) == (True, None)


@pytest.mark.parametrize("status", [403, 404])
def test_where_deliveries_may_not_be_read_it_is_compared_with_the_api(
    standin: Standin, tracked: TrackedRepository, look: Look, status: int
) -> None:
    covered(tracked, NOW - timedelta(hours=3))
    standin.behaviour.hooks_refused = status
    found = look()
    assert found.unreadable
    assert (found.complete, found.compare_since) == (False, NOW - timedelta(hours=3))
    assert Reconciliation.objects.get().problem == found.unreadable

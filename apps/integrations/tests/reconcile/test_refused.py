"""A look at what GitHub does not give: it goes on, gives up, or waits, and forgets nothing."""

from __future__ import annotations

from typing import Any

import pytest

from apps.integrations.models import Reconciliation, TrackedRepository
from apps.integrations.services.webhooks import reconcile as service
from apps.integrations.tests.conftest import NOW
from apps.integrations.tests.reconcile.conftest import Look, covered, ids, sent
from ingest.github.errors import RateLimited, Unavailable
from ingest.models import Budget
from ingest.standin import Standin, World
from ingest.standin.hooks import Hook
from tests.clock import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_rest")]


def refuse(standin: Standin, monkeypatch: pytest.MonkeyPatch, *wanted: int, error: Exception) -> None:
    """GitHub gives the list, and not these deliveries."""
    get = service._Look._get

    def broken(self: Any, path: str) -> Any:
        if path.rpartition("/")[2] in {str(one) for one in wanted}:
            raise error
        return get(self, path)

    monkeypatch.setattr(service._Look, "_get", broken)


def test_the_checkpoint_does_not_pass_what_could_not_be_fetched(
    standin: Standin,
    world: World,
    clock: Clock,
    tracked: TrackedRepository,
    hook: Hook,
    look: Look,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    covered(tracked)
    standin.behaviour.lose_failed = 1
    (first,) = standin.hooks.send(hook, world.deliveries(1)[:1])
    clock.forward(hours=10)
    rest = standin.hooks.send(hook, world.deliveries(1)[1:])
    clock.forward(hours=10)
    with monkeypatch.context() as patch:
        refuse(standin, patch, first.id, error=Unavailable("GitHub failed"))
        found = look()
    assert (found.restored, list(found.unfetched)) == (len(rest), [first.delivery.id])
    row = Reconciliation.objects.get()
    assert (row.seen_until, row.problem) == (first.delivered_at, "GitHub failed")
    assert look().restored == 1
    row.refresh_from_db()
    assert (row.seen_until, row.problem) == (clock.now, "")


def test_when_github_is_down_it_gives_up(
    standin: Standin,
    world: World,
    tracked: TrackedRepository,
    hook: Hook,
    look: Look,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    covered(tracked)
    standin.behaviour.lose_failed = 1
    attempts = standin.hooks.send(hook, sent(world, 1, 2, 3))
    refuse(standin, monkeypatch, *[a.id for a in attempts], error=Unavailable("GitHub failed"))
    with pytest.raises(Unavailable):
        look()
    row = Reconciliation.objects.get()
    assert (row.seen_until, row.problem) == (NOW, "GitHub failed")


def test_a_payload_that_github_has_lost_stops_nothing(
    standin: Standin, world: World, tracked: TrackedRepository, hook: Hook, look: Look
) -> None:
    covered(tracked)
    standin.behaviour.lose_failed = 1
    attempts = standin.hooks.send(hook, sent(world, 1, 2))
    for i in range(5):
        standin.hooks.attempts[i] = attempts[i].__class__(
            **attempts[i].__dict__ | {"delivery": attempts[i].delivery._replace(body=b"null")}
        )
    found = look()
    assert len(found.unfetched) == 5
    assert found.restored == len(attempts) - 5
    assert "payload" in found.problem


def test_at_a_limit_nothing_is_asked_before_it_is_over(
    standin: Standin, world: World, clock: Clock, tracked: TrackedRepository, hook: Hook, look: Look
) -> None:
    covered(tracked)
    standin.behaviour.lose_failed = 1
    standin.hooks.send(hook, sent(world, 1, 2))
    standin.behaviour.rate_limit = 6
    with pytest.raises(RateLimited):
        look()
    row = Reconciliation.objects.get()
    assert row.not_before is not None
    assert row.seen_until == NOW
    assert len(ids(tracked)) == 3
    clock.forward(hours=2)
    standin.behaviour.rate_limit = 5000
    # By our clock the hour is not over.
    Budget.objects.update(refused_until=None, reset_at=None)
    assert look().restored == len(sent(world, 1, 2)) - 3
    row.refresh_from_db()
    assert row.not_before is None

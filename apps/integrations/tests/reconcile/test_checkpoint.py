"""How far back a look reads, and what keeps its checkpoint where it is."""

from __future__ import annotations

import pytest

from apps.integrations.models import Reconciliation, TrackedRepository
from apps.integrations.services.webhooks import reconcile as service
from apps.integrations.services.webhooks.reconcile import Found
from apps.integrations.tests.conftest import NOW
from apps.integrations.tests.reconcile.conftest import Look, covered, ids, sent
from ingest.standin import Standin, World
from ingest.standin.hooks import Hook
from tests.clock import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_rest")]


def test_the_next_look_reads_the_newer_ones_only(
    standin: Standin, world: World, clock: Clock, tracked: TrackedRepository, hook: Hook, look: Look
) -> None:
    covered(tracked)
    standin.hooks.send(hook, sent(world, 1, 2, 3))
    clock.forward(hours=2)
    look()
    assert Reconciliation.objects.get().seen_until == clock.now
    clock.forward(hours=5)
    standin.behaviour.lose_failed = 1
    standin.hooks.send(hook, sent(world, 4))
    found = look()
    assert found.listed == found.restored == len(sent(world, 4))


def test_it_reads_no_further_back_than_the_last_look(
    standin: Standin,
    world: World,
    clock: Clock,
    tracked: TrackedRepository,
    hook: Hook,
    look: Look,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "PER_PAGE", 5)
    standin.behaviour.lose_failed = 1
    standin.hooks.send(hook, sent(world, 1, 2, 3))
    clock.forward(hours=5)
    covered(tracked, clock.now)
    standin.hooks.send(hook, world.deliveries(4)[:2])
    assert look().restored == 2
    assert standin.requests.count("deliveries") == 1


def test_killed_in_the_middle_it_goes_on(
    standin: Standin, world: World, tracked: TrackedRepository, hook: Hook, look: Look
) -> None:
    covered(tracked)
    standin.behaviour.lose_failed = 1
    deliveries = sent(world, 1, 2, 3)
    standin.hooks.send(hook, deliveries)

    def killed(found: Found) -> None:
        if found.restored == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(progress=killed)
    assert len(ids(tracked)) == 4
    assert Reconciliation.objects.get().seen_until == NOW
    assert look().restored == len(deliveries) - 4
    assert standin.requests.count("delivery") == len(deliveries)


def test_it_may_be_enough_for_now(
    standin: Standin, world: World, tracked: TrackedRepository, hook: Hook, look: Look
) -> None:
    covered(tracked)
    standin.behaviour.lose_failed = 1
    standin.hooks.send(hook, sent(world, 1))
    turns = iter([False, False, True])
    found = look(enough=lambda: next(turns))
    assert (found.complete, found.restored) == (False, 2)
    assert Reconciliation.objects.get().seen_until == NOW


def test_another_hook_begins_anew(standin: Standin, world: World, tracked: TrackedRepository) -> None:
    covered(tracked)
    tracked.webhook_id = 5
    tracked.save()
    assert service.checkpoint_of(tracked).seen_until is None

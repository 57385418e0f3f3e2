"""Deliveries that never arrived or failed are fetched from GitHub's list, and nothing else changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.integrations.models import TrackedRepository
from apps.integrations.services.github_client import client_for
from apps.integrations.services.webhooks.reconcile import reconcile
from apps.integrations.tests.conftest import NOW
from apps.integrations.tests.reconcile.conftest import PULLS, Look, followed, ids
from ingest.live.pending import work_off
from ingest.models import RawGitHubEvent
from ingest.standin import Standin, World
from ingest.standin.hooks import Hook
from tests.tables import tables

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_rest")]


def test_what_was_lost_is_restored_and_the_rows_are_those_of_a_full_delivery(
    standin: Standin, world: World, tracked: TrackedRepository, hook: Hook, look: Look
) -> None:
    whole, whole_hook = followed(standin)
    deliveries = world.all_deliveries()
    standin.hooks.send(whole_hook, deliveries)
    standin.behaviour.lose_failed, standin.behaviour.lose_swallowed = 0.3, 0.2
    standin.hooks.send(hook, deliveries)
    work_off()
    arrived = list(RawGitHubEvent.for_team(tracked.team).order_by("pk").values())
    lost = {delivery.id for delivery in deliveries} - ids(tracked)
    assert len(lost) > len(deliveries) / 3

    found = look()
    assert (found.complete, found.listed, found.missing, found.restored) == (
        True,
        len(deliveries),
        len(lost),
        len(lost),
    )
    work_off()
    assert ids(tracked, endpoint="deliveries") == lost
    assert list(RawGitHubEvent.for_team(tracked.team).exclude(endpoint="deliveries").values()) == arrived
    assert tables(tracked.team) == tables(whole.team)
    assert len(tables(tracked.team)["PullRequest"]) == PULLS

    again = look()
    assert (again.missing, again.restored) == (0, 0)


def test_a_restored_delivery_has_its_own_bytes_and_says_where_it_is_from(
    standin: Standin, world: World, tracked: TrackedRepository, hook: Hook, look: Look
) -> None:
    standin.behaviour.lose_failed = 1
    (delivery,) = world.deliveries(1)[:1]
    (attempt,) = standin.hooks.send(hook, [delivery])
    look()
    event = RawGitHubEvent.for_team(tracked.team).get()
    assert (event.body, event.delivery_id, event.source) == (delivery.body, delivery.id, "webhook")
    assert (event.event_type, event.action, event.number) == ("pull_request", "opened", 1)
    assert event.endpoint == "deliveries"
    assert event.headers["X-GitHub-Event"] == "pull_request"
    assert not [name for name in event.headers if "Signature" in name]
    assert event.fetch is not None
    assert event.fetch.url.endswith(f"/hooks/{hook.id}/deliveries/{attempt.id}")
    assert event.received_at == event.fetch.answered_at == NOW + timedelta(hours=1)
    assert event.named_repository_id == world.repository.id


def test_a_delivery_that_was_sent_form_encoded_is_read_as_well(
    standin: Standin, world: World, look: Look
) -> None:
    tracked, hook = followed(standin, content_type="form")
    standin.behaviour.lose_failed = 1
    standin.hooks.send(hook, world.deliveries(1))
    with client_for(tracked.integration.credential) as client:
        assert reconcile(tracked, client).restored == len(world.deliveries(1))
    assert work_off().parked == 0
    assert tables(tracked.team)["PullRequest"][0]["number"] == 1


def test_of_several_attempts_at_one_event_one_is_fetched(
    standin: Standin, world: World, tracked: TrackedRepository, hook: Hook, look: Look
) -> None:
    standin.behaviour.lose_failed = 1
    attempts = standin.hooks.send(hook, world.deliveries(1)[:2])
    standin.hooks.redeliver(attempts[0])
    standin.behaviour.lose_failed = 0
    # This one arrives at last; its old failed row stays in the list.
    standin.hooks.redeliver(attempts[1])
    found = look()
    assert (found.listed, found.missing, found.restored) == (4, 1, 1)
    assert standin.requests.count("delivery") == 1


def test_a_renamed_repository_is_found(
    standin: Standin, world: World, hook: Hook, look: Look, tracked: TrackedRepository
) -> None:
    standin.behaviour.lose_failed = 1
    standin.hooks.send(hook, world.deliveries(1))
    world.rename("rocket-two")
    assert look().restored == len(world.deliveries(1))


def test_two_teams_get_the_same_delivery(standin: Standin, world: World) -> None:
    """GitHub gives hooks that are sent the same event the same guid (github/docs#32822)."""
    standin.behaviour.lose_failed = 1
    for tracked, hook in (followed(standin), followed(standin)):
        standin.hooks.send(hook, world.deliveries(1))
        with client_for(tracked.integration.credential) as client:
            assert reconcile(tracked, client).restored == len(world.deliveries(1))

"""Deliveries that never arrived or failed are fetched from GitHub's list, and nothing else changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.models import Reconciliation, TrackedRepository
from apps.integrations.services import reconcile as service
from apps.integrations.services.github_client import client_for
from apps.integrations.services.github_webhooks import endpoint_of
from apps.integrations.services.reconcile import KEPT, Found, reconcile
from ingest.github.errors import RateLimited, Unavailable
from ingest.live import hints
from ingest.live.pending import work_off
from ingest.models import Budget, RawGitHubEvent, Run
from ingest.standin import Standin, World, hooks, running
from ingest.standin.deliveries import Delivery
from ingest.standin.hooks import Hook
from ingest.standin.sending import Outcome
from tests.tables import tables

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_rest")]

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
SITE = "http://127.0.0.1:1"
# 400 make 2,320 deliveries.
PULLS = int(os.environ.get("RECONCILE_PULLS", "12"))
Look = Callable[..., Found]


class Clock:
    def __init__(self) -> None:
        self.now = NOW + timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world() -> World:
    return World.generate(pulls=PULLS, now=NOW)


@pytest.fixture
def standin(world: World, clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    """Its deliveries reach our own view without a socket: SQLite has one connection in a test."""

    def post(url: str, headers: dict[str, str], body: bytes) -> Outcome:
        answer = Client().post(
            url.removeprefix(SITE), body, content_type=headers["Content-Type"], headers=headers
        )
        return Outcome("OK" if answer.status_code < 300 else "failed", answer.status_code)

    monkeypatch.setattr(hooks, "post", post)
    monkeypatch.setattr(hints, "look", lambda: None)
    with running(world, clock=clock) as standin:
        settings.GITHUB_API_URL = standin.url
        yield standin


def followed(standin: Standin, **hook: Any) -> tuple[TrackedRepository, Hook]:
    """A repository that a team follows, with its hook at GitHub."""
    integration = GitHubIntegrationFactory.create()
    place = standin.world.repository
    tracked: TrackedRepository = TrackedRepositoryFactory.create(
        integration=integration, github_repo_id=place.id, full_name=place.full_name
    )
    url = f"{SITE}/webhooks/github/{endpoint_of(tracked.team).key}/"
    made = standin.hooks.add(standin.world, url, integration.webhook_secret, **hook)
    tracked.webhook_id = made.id
    tracked.save()
    return tracked, made


@pytest.fixture
def tracked(standin: Standin) -> TrackedRepository:
    return followed(standin)[0]


@pytest.fixture
def hook(standin: Standin, tracked: TrackedRepository) -> Hook:
    return standin.hooks.all[tracked.webhook_id or 0]


@pytest.fixture
def look(tracked: TrackedRepository) -> Look:
    def look(**options: Any) -> Found:
        with client_for(tracked.integration.credential, sleep=lambda seconds: None) as client:
            return reconcile(tracked, client, **options)

    return look


def covered(tracked: TrackedRepository, at: datetime = NOW) -> Reconciliation:
    """A look that was complete at this time."""
    row: Reconciliation = Reconciliation.objects.update_or_create(
        tracked=tracked,
        defaults={"team": tracked.team, "hook_id": tracked.webhook_id or 0, "seen_until": at},
    )[0]
    return row


def ids(tracked: TrackedRepository, **of: Any) -> set[str | None]:
    return set(RawGitHubEvent.for_team(tracked.team).filter(**of).values_list("delivery_id", flat=True))


def sent(world: World, *numbers: int) -> list[Delivery]:
    return [delivery for number in numbers for delivery in world.deliveries(number)]


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


def test_another_hook_begins_anew(standin: Standin, world: World, tracked: TrackedRepository) -> None:
    covered(tracked)
    tracked.webhook_id = 5
    tracked.save()
    assert service.checkpoint_of(tracked).seen_until is None


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

"""A repository that is deleted at GitHub rests, once: restored and followed again, it stays followed."""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import listeners, tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import AvailableRepository, GitHubIntegration, TrackedRepository
from apps.integrations.services.repositories.following import follow_many
from apps.integrations.services.repositories.tracking import follow, track
from ingest.backfill.repository import Repository
from ingest.backfill.window import Window
from ingest.models import ParkedEvent, Run
from ingest.replay.replaying import replay
from ingest.replay.scope import Scope
from ingest.replay.skipping import skip
from tests.payloads import (
    REPOSITORY,
    REPOSITORY_ID,
    delivered,
    delivery,
    moment,
    pull_request,
    repository,
    repository_delivery,
)
from tests.processed import store, store_and_process

pytestmark = pytest.mark.django_db(transaction=True)

WHO = "alice@example.com"


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    for task in (tasks.settle_webhook, tasks.continue_backfill):
        monkeypatch.setattr(task, "delay", lambda *args: None)


@pytest.fixture
def tracked():
    return TrackedRepositoryFactory(github_repo_id=REPOSITORY_ID)


def told(action, at, **facts):
    return delivered(repository_delivery(action), at, **facts)


def ping(at):
    return delivered({"zen": "x", "hook_id": 1, "repository": repository()}, at, event_type="ping")


def follows(tracked):
    return TrackedRepository.objects.get(pk=tracked.pk).is_active


def by_a_click(tracked):
    follow(_listed(tracked), Window(), WHO)


def among_many(tracked):
    follow_many(tracked.integration, [_listed(tracked)], Window(), WHO)


def by_command(tracked):
    found = Repository(id=REPOSITORY_ID, full_name=REPOSITORY, owner="acme", owner_id=1, asked_at=None)
    track(tracked.team, found, tracked.integration.credential)


def _listed(tracked):
    return AvailableRepository.objects.create(
        team=tracked.team,
        integration=tracked.integration,
        github_repo_id=REPOSITORY_ID,
        full_name=REPOSITORY,
    )


@pytest.mark.parametrize("state", Run.ACTIVE)
def test_it_rests_and_its_run_too(tracked, state):
    other = TrackedRepositoryFactory()
    of_it, of_other = (
        Run.objects.create(team=one.team, kind="backfill", github_repo_id=one.github_repo_id, state=state)
        for one in (tracked, other)
    )
    TrackedRepository.objects.update(webhook_wanted=True)
    store_and_process(tracked.team, told("deleted", moment(hours=1)))
    tracked.refresh_from_db()
    assert (tracked.is_active, tracked.webhook_wanted, follows(other)) == (False, False, True)
    of_it.refresh_from_db()
    of_other.refresh_from_db()
    assert (of_it.state, of_other.state) == (Run.State.CANCELLED, state)
    integration = GitHubIntegration.objects.get(pk=tracked.integration_id)
    assert integration.sync_status == GitHubIntegration.SyncStatus.PENDING


@pytest.mark.parametrize("again", [by_a_click, among_many, by_command])
def test_followed_again_it_stays_followed(tracked, again):
    store_and_process(tracked.team, told("deleted", moment(hours=1)))
    assert not follows(tracked)
    again(tracked)
    replay(Scope())
    assert follows(tracked)
    store_and_process(tracked.team, ping(moment(hours=3)))
    assert follows(tracked)
    # One that says the same of that time, and came late.
    store_and_process(tracked.team, told("deleted", moment(hours=1, seconds=1)))
    assert follows(tracked)
    assert not Run.objects.filter(state=Run.State.CANCELLED).exists()


def test_deleted_again_it_rests_again(tracked):
    store_and_process(tracked.team, told("deleted", moment(hours=1)))
    by_a_click(tracked)
    store_and_process(tracked.team, told("deleted", timezone.now() + timedelta(minutes=1)))
    assert not follows(tracked)


def test_a_backfill_of_what_is_followed_is_no_new_following(tracked):
    by_command(tracked)
    store_and_process(tracked.team, told("deleted", moment(hours=1)))
    assert not follows(tracked)


def test_the_order_in_which_it_is_told_does_not_matter(tracked):
    repo = {"repository": repository()}
    events = [
        told("deleted", moment(hours=1)),
        told("edited", moment(hours=2)),
        ping(moment(hours=3)),
        delivered(delivery(pull_request(), "opened") | repo, moment(hours=4)),
    ]
    for order in itertools.permutations(events):
        of_order = TrackedRepositoryFactory(github_repo_id=REPOSITORY_ID)
        for event in order:
            store_and_process(of_order.team, event)
        assert not follows(of_order), [event.event_type for event in order]
    assert follows(tracked)


@pytest.mark.parametrize(
    ("received_at", "followed"),
    [(moment(hours=3), False), (moment(hours=1), True), (None, True)],
    ids=["later", "earlier", "unknown"],
)
def test_a_delivery_whose_id_tells_no_time_goes_by_when_it_came(tracked, received_at, followed):
    TrackedRepository.objects.update(followed_at=moment(hours=2))
    store_and_process(tracked.team, told("deleted", None, received_at=received_at))
    assert follows(tracked) == followed


def test_one_that_was_lost_and_fetched_later_goes_by_its_id(tracked):
    TrackedRepository.objects.update(followed_at=moment(hours=2))
    store_and_process(tracked.team, told("deleted", moment(hours=1), received_at=moment(hours=3)))
    assert follows(tracked)


@pytest.mark.parametrize("action", ["archived", "privatized", "transferred", "renamed", "edited"])
def test_nothing_else_lets_it_rest(tracked, action):
    store_and_process(tracked.team, told(action, moment(hours=1)))
    assert follows(tracked)


def test_one_that_is_parked_or_skipped_does_not_count(tracked):
    odd = repository_delivery("deleted", {"id": REPOSITORY_ID, "full_name": 7})
    store_and_process(tracked.team, ping(moment()), delivered(odd, moment(hours=1)))
    assert follows(tracked)
    skip([ParkedEvent.objects.get().event_id], "a bad recording", WHO)
    assert not ParkedEvent.objects.exists()
    store_and_process(tracked.team, ping(moment(hours=2)))
    assert follows(tracked)


def test_one_that_somebody_follows_again_at_this_moment(tracked, monkeypatch):
    store(tracked.team, told("deleted", moment(hours=1)))
    locked = listeners.locked

    def follow_first(*key):
        TrackedRepository.objects.update(followed_at=timezone.now())
        return locked(*key)

    monkeypatch.setattr(listeners, "locked", follow_first)
    replay(Scope())
    assert follows(tracked)

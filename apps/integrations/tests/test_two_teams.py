"""Two teams follow one repository: GitHub has a hook of each, and neither team sees what is the other's."""

import pytest

from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.services.webhooks.registration import settle
from apps.metrics.models import PullRequest
from ingest.live.pending import is_pending
from ingest.models import RawGitHubEvent
from ingest.tasks import process_pending

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def teams(standin, world, live_server, settings):
    settings.SITE_URL = live_server.url
    options = {"github_repo_id": world.repository.id, "full_name": "acme/rocket", "webhook_wanted": True}
    both = [TrackedRepositoryFactory(**options) for _ in range(2)]
    for tracked in both:
        settle(tracked.pk)
        tracked.refresh_from_db()
    return both


def events(tracked):
    return RawGitHubEvent.for_team(tracked.team)


def test_each_gets_every_delivery(standin, world, teams):
    first, second = teams
    hooks = standin.hooks.of(world.repository.id)
    assert [hook.id for hook in hooks] == [first.webhook_id, second.webhook_id]
    assert len({hook.secret for hook in hooks}) == 2

    number = 5
    deliveries = world.deliveries(number)
    for hook in hooks:
        attempts = standin.hooks.send(hook, deliveries)
        assert {attempt.outcome.status_code for attempt in attempts} == {202}
    ids = {delivery.id for delivery in deliveries}
    for tracked in teams:
        # The ping came by itself, when the hook was made.
        assert list(events(tracked).filter(event_type="ping").values_list("number", flat=True)) == [0]
        got = events(tracked).exclude(event_type="ping").values_list("delivery_id", flat=True)
        assert set(got) == ids

    while is_pending():
        process_pending()
    assert [PullRequest.for_team(t.team).get().number for t in teams] == [number, number]


def test_one_that_goes_leaves_the_other(standin, world, teams):
    first, second = teams
    type(first).objects.filter(pk=first.pk).update(is_active=False, webhook_wanted=False)
    settle(first.pk)
    (hook,) = standin.hooks.of(world.repository.id)
    before = events(first).count()
    standin.hooks.send(hook, world.deliveries(1))
    assert events(first).count() == before
    assert events(second).filter(number=1).count() == len(world.deliveries(1))


def test_a_delivery_of_one_s_hook_is_not_taken_for_the_other(standin, world, teams):
    first, second = teams
    own, others = standin.hooks.of(world.repository.id)
    forged = standin.hooks.change(own, url=others.url + "?", secret=own.secret)
    (attempt, *_) = standin.hooks.send(forged, world.deliveries(1)[:1])
    assert attempt.outcome.status_code == 403
    assert not events(second).filter(number=1).exists()
    assert not events(first).filter(number=1).exists()

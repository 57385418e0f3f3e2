import pytest
from django.utils import timezone

from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import Reconciliation
from apps.integrations.services.webhooks import refusals
from apps.teams.factories import MembershipFactory
from tests import payloads
from tests.processed import store, store_and_process

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(client):
    membership = MembershipFactory(team__slug="ours")
    client.force_login(membership.user)
    return membership.team


def test_a_team_without_hooks(client, team):
    text = client.get("/a/ours/operate/").text
    assert "No repository of this team has a webhook." in text
    assert "None in the last 7 days." in text


def test_it_names_the_late_what_waits_what_is_parked_and_what_was_refused(client, team):
    tracked = TrackedRepositoryFactory(team=team, full_name="acme/silent", webhook_id=5)
    TrackedRepositoryFactory(full_name="others/secret", webhook_id=6)
    Reconciliation.objects.create(
        team=team, tracked=tracked, hook_id=5, tried_at=timezone.now(), problem="GitHub finds nothing"
    )
    store_and_process(team, payloads.delivered(b"[]", event_type="pull_request"))
    store(team, payloads.delivered(payloads.delivery(payloads.pull_request()), payloads.moment(hours=1)))
    refusals.count("signature")
    answer = client.get("/a/ours/operate/")
    found = answer.context["health"]
    assert [one.silence.tracked for one in found.late] == [tracked]
    assert (found.backlog.streams, found.backlog.since) == (1, payloads.moment(hours=1))
    assert found.parked_events == 1
    for text in (
        "acme/silent",
        "<strong>late</strong>",
        "GitHub finds nothing",
        "signature",
        "2026-03-02 10:00",
    ):
        assert text in answer.text
    assert "others/secret" not in answer.text


def test_what_was_seen_of_a_former_hook_is_not_shown(client, team):
    tracked = TrackedRepositoryFactory(team=team, webhook_id=5)
    Reconciliation.objects.create(team=team, tracked=tracked, hook_id=4, problem="of the former one")
    assert "of the former one" not in client.get("/a/ours/operate/").text

"""`/metrics`: what it says, and to whom."""

from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.services.webhooks import refusals
from apps.teams.factories import TeamFactory
from ingest.models import Budget, RawGitHubEvent, Run, Stream
from tests import payloads
from tests.processed import store, store_and_process

pytestmark = pytest.mark.django_db


def samples(client):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_an_empty_server(client):
    assert samples(client) == {
        ("tformance_pending_streams",): 0,
        ("tformance_oldest_pending_seconds",): 0,
    }


def test_what_it_says(client):
    team = TeamFactory(slug="core")
    TrackedRepositoryFactory(
        team=team, github_repo_id=payloads.REPOSITORY_ID, full_name="acme/shop", webhook_id=5
    )
    store_and_process(team, payloads.delivered(b"[]", event_type="pull_request"))
    store(team, payloads.delivered(payloads.delivery(payloads.pull_request())))
    refusals.count("signature")
    refusals.count("signature")
    found = samples(client)
    assert found["tformance_pending_streams",] == 1
    assert found["tformance_oldest_pending_seconds",] > 0
    assert found["tformance_parked_events", "core"] == 1
    assert found["tformance_last_delivery_seconds", "acme/shop", "core"] > 0
    assert found["tformance_late", "acme/shop", "core"] == 0
    assert found["tformance_refused_deliveries_total", "signature"] == 2


def test_the_quota_of_whoever_has_least(client):
    now = timezone.now()
    for key, remaining, hours in (("user:1", 4000, 1), ("user:2", 1000, 1), ("user:3", 0, -1)):
        Budget.objects.create(
            key=key, resource="rest", limit=5000, remaining=remaining, reset_at=now + timedelta(hours=hours)
        )
    Budget.objects.create(key="user:1", resource="graphql")
    found = samples(client)
    assert found["tformance_github_quota_left", "rest"] == 0.2
    assert ("tformance_github_quota_left", "graphql") not in found


def test_the_log_the_versions_and_the_runs(client):
    team = TeamFactory(slug="core")
    store_and_process(team, *(payloads.fetched(payloads.pull_request(number)) for number in (1, 2, 3)))
    Stream.objects.filter(number=2).update(version=0)
    for state in ("queued", "queued", "paused", "complete"):
        Run.objects.create(team=team, kind="replay", state=state)
    found = samples(client)
    assert found["tformance_log_events", "core"] == 3
    assert found["tformance_log_bytes", "core"] == sum(len(e.packed) for e in RawGitHubEvent.objects.all())
    assert found["tformance_stale_streams", "core"] == 1
    assert {key[1:]: n for key, n in found.items() if key[0] == "tformance_runs"} == {
        ("replay", "queued"): 2,
        ("replay", "paused"): 1,
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"REMOTE_ADDR": "10.0.0.7"},
        {"HTTP_X_FORWARDED_FOR": "10.0.0.7"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_FORWARDED": "for=10.0.0.7"},
    ],
)
def test_without_a_token_only_this_machine_may_read(client, asked):
    assert client.get("/metrics", **asked).status_code == 404


def test_with_a_token_whoever_has_it_may_read(client, settings):
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics").status_code == 404
    for given, status in (("Bearer s3cret", 200), ("Bearer other", 404), ("s3cret", 404), ("Bearer é", 404)):
        answer = client.get("/metrics", REMOTE_ADDR="10.0.0.7", HTTP_AUTHORIZATION=given)
        assert answer.status_code == status, given

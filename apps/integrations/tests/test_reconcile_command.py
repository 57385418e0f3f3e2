"""`manage.py reconcile` and its tasks. Nothing that GitHub sends arrives here."""

import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.models import IntegrationCredential, Reconciliation
from apps.integrations.services.webhooks.hooks import address_of
from apps.metrics.models import PullRequest
from ingest.live import hints
from ingest.models import RawGitHubEvent, Run
from ingest.tests.events_command import events, events_json

from .conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def tracked(standin, world):
    standin.behaviour.lose_failed = 1
    tracked = TrackedRepositoryFactory(
        team__slug="core", github_repo_id=world.repository.id, full_name="acme/rocket"
    )
    hook = standin.hooks.add(world, address_of(tracked.team), "s3cret")
    tracked.webhook_id = hook.id
    tracked.save()
    looked(tracked, NOW)
    standin.hooks.send(hook, world.deliveries(1) + world.deliveries(2))
    return tracked


@pytest.fixture
def told(monkeypatch):
    found = []
    monkeypatch.setattr(hints, "look", lambda: found.append("look"))
    monkeypatch.setattr(tasks.continue_backfill, "delay", lambda pk: found.append(pk))
    return found


def looked(tracked, at):
    values = {"team": tracked.team, "hook_id": tracked.webhook_id, "seen_until": at}
    Reconciliation.objects.update_or_create(tracked=tracked, defaults=values)


def reconcile(*arguments):
    out, err = StringIO(), StringIO()
    status, error = 0, ""
    try:
        call_command("reconcile", *arguments, stdout=out, stderr=err)
    except CommandError as problem:
        status, error = problem.returncode, str(problem)
    except SystemExit as end:
        status = end.code
    return out.getvalue(), status, error


def test_it_restores_and_processes(tracked, world):
    out, status, _ = reconcile("--format=json")
    report = json.loads(out)
    count = len(world.deliveries(1) + world.deliveries(2))
    assert (status, report["restored"], report["streams"], report["parked"]) == (0, count, 2, 0)
    (one,) = report["repositories"]
    assert (one["state"], one["listed"], one["missing"], one["unfetched"]) == ("complete", count, count, 0)
    assert one["compared"] is None
    assert PullRequest.for_team(tracked.team).count() == 2
    assert json.loads(reconcile("--format=json")[0])["restored"] == 0


def test_the_table(tracked):
    out, status, _ = reconcile("--team=core", "--repo=Acme/Rocket")
    assert status == 0
    assert "acme/rocket  complete" in out


def test_a_restored_delivery_is_shown_as_one_that_nobody_can_check(tracked):
    reconcile()
    event = RawGitHubEvent.objects.order_by("pk")[0]
    text = events("show", event.pk)
    assert "from the deliveries API, not checkable" in text
    assert event.delivery_id in text
    found = events_json("show", event.pk)
    assert found["endpoint"] == "deliveries"
    assert "/deliveries/" in found["request"]["url"]


def test_a_restored_delivery_travels_in_a_bundle(tracked, tmp_path):
    reconcile()
    bundle = tmp_path / "bundle.ndjson"
    events("export", "--team=core", f"--output={bundle}")
    assert events_json("import", bundle, "--team=core")["stored"] == 0
    events("import", bundle, "--team=copy")
    ours, copy = (
        RawGitHubEvent.objects.filter(team__slug=slug).values_list("sha256", "endpoint", "delivery_id")
        for slug in ("core", "copy")
    )
    assert sorted(ours) == sorted(copy)


@pytest.mark.parametrize("arguments", [["--team=nobody"], ["--repo=acme/other"]])
def test_what_is_not_followed_is_wrong_usage(tracked, arguments):
    assert reconcile(*arguments)[1] == 2


def test_a_repository_without_a_hook_is_named(tracked):
    tracked.webhook_id = None
    tracked.save()
    out, status, _ = reconcile()
    assert (status, "no hook of ours is known" in out) == (0, True)


def test_the_token_is_refused(tracked, standin):
    standin.behaviour.tokens = set()
    out, status, _ = reconcile("--format=json")
    assert status == 1
    assert json.loads(out)["repositories"][0]["state"] == "failed"
    assert IntegrationCredential.objects.get().status == "revoked"


def test_one_repository_that_fails_leaves_the_others_alone(tracked, standin):
    integration = GitHubIntegrationFactory(team=tracked.team)
    TrackedRepositoryFactory(integration=integration, full_name="acme/aaa", webhook_id=5)
    out, status, _ = reconcile("--format=json")
    states = {one["repository"]: one["state"] for one in json.loads(out)["repositories"]}
    assert (status, states) == (1, {"acme/aaa": "failed", "acme/rocket": "complete"})


def test_at_a_limit_it_does_not_wait_when_told_so(tracked, standin):
    standin.behaviour.rate_limit = 4
    out, status, _ = reconcile("--no-wait", "--format=json")
    assert (status, json.loads(out)["repositories"][0]["state"]) == (3, "waiting")
    asked = len(standin.requests)
    assert reconcile("--no-wait")[1] == 3
    assert len(standin.requests) == asked, "nothing is asked before the limit is over"


def test_older_than_the_list_it_is_compared_with_the_api(tracked):
    looked(tracked, NOW - timedelta(days=10))
    out, status, _ = reconcile("--format=json")
    compared = json.loads(out)["repositories"][0]["compared"]
    assert (status, compared["state"], compared["reason"]) == (
        0,
        "complete",
        "GitHub keeps deliveries for 3 days",
    )
    assert compared["stored"] > 0
    assert Run.objects.get().kind == "backfill"
    assert json.loads(reconcile("--format=json")[0])["repositories"][0]["compared"] is None
    assert Reconciliation.objects.get().seen_until > NOW


def test_where_deliveries_may_not_be_read_it_is_compared_with_the_api(tracked, standin):
    standin.behaviour.hooks_refused = 404
    looked(tracked, NOW - timedelta(days=1))
    out, status, _ = reconcile()
    assert status == 0
    assert "the deliveries may not be read, so it was compared with the API since 2026-06-02 12:00" in out
    assert PullRequest.for_team(tracked.team).count() > 0


def test_beat_sends_one_message_for_each_repository_with_a_hook(tracked, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.reconcile_repository, "apply_async", lambda args, **options: sent.append(args))
    TrackedRepositoryFactory()
    TrackedRepositoryFactory(webhook_id=5, is_active=False)
    tasks.reconcile_repositories()
    assert sent == [(tracked.pk,)]
    Reconciliation.objects.update(not_before=timezone.now() + timedelta(hours=1))
    tasks.reconcile_repositories()
    assert sent == [(tracked.pk,)]


def test_the_task_restores_and_tells_the_workers(tracked, world, told):
    tasks.reconcile_repository(tracked.pk)
    assert RawGitHubEvent.objects.count() == len(world.deliveries(1) + world.deliveries(2))
    assert told == ["look"]


def test_the_task_leaves_the_comparison_to_a_backfill(tracked, told):
    looked(tracked, NOW - timedelta(days=10))
    tasks.reconcile_repository(tracked.pk)
    run = Run.objects.get()
    assert told == ["look", run.pk]
    assert run.scope["window"]["since"] == (NOW - timedelta(days=10, minutes=10)).isoformat()


def test_the_task_survives_what_github_refuses(tracked, standin, told):
    standin.behaviour.tokens = set()
    tasks.reconcile_repository(tracked.pk)
    assert IntegrationCredential.objects.get().status == "revoked"
    assert "token" in Reconciliation.objects.get().problem
    tasks.reconcile_repository(0)


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_the_same_command_goes_on(tracked, standin, world, database_url, run_manage):
    standin.behaviour.latency = 0.05
    environment = {"DATABASE_URL": database_url, "GITHUB_API_URL": standin.url}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "reconcile"], cwd=settings.BASE_DIR, env=os.environ | environment
    )
    end = time.monotonic() + 60
    while standin.requests.count("delivery") < 3 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.kill()
    process.wait(timeout=60)
    standin.behaviour.latency = 0

    count = len(world.deliveries(1) + world.deliveries(2))
    assert 0 < RawGitHubEvent.objects.count() < count
    assert Reconciliation.objects.get().seen_until == NOW
    assert run_manage("reconcile", GITHUB_API_URL=standin.url).returncode == 0
    assert RawGitHubEvent.objects.count() == count
    assert standin.requests.count("delivery") <= count + 1, "what was restored is not asked for again"
    assert PullRequest.objects.count() == 2

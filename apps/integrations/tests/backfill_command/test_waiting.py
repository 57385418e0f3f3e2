"""GitHub's limit, waited for or not, and a command that is stopped."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from apps.integrations.cli import backfill_progress
from apps.teams.models import Team
from ingest.models import Budget, Run

from .command import core

pytestmark = pytest.mark.django_db


def test_a_limit_without_waiting(standin):
    standin.behaviour.rate_limit = 20
    ran = core("--no-wait", "--format=json", "--api=rest")
    assert ran.status == 3
    assert ran.json["state"] == "waiting"
    assert "the same command goes on after" in ran.err
    # It may go on only later, and nothing is asked until then.
    run = Run.objects.get()
    Run.objects.update(not_before=timezone.now() + timedelta(minutes=9))
    asked = len(standin.requests)
    assert core("--no-wait").status == 3
    assert len(standin.requests) == asked

    standin.behaviour.rate_limit = 5000
    Run.objects.update(not_before=timezone.now())
    Budget.objects.update(reset_at=None)  # the hour is over
    again = core("--no-wait", "--format=json")
    assert (again.status, again.json["run"], again.json["state"]) == (0, run.pk, "complete")


def test_a_limit_at_the_first_request(standin):
    standin.behaviour.rate_limit = 0
    ran = core("--no-wait")
    assert ran.status == 3
    assert not Team.objects.exists()


def test_a_limit_is_waited_for(standin, monkeypatch):
    standin.behaviour.rate_limit = 20
    waited = []

    def nap(seconds, beat):
        beat()
        waited.append(seconds)
        standin.behaviour.rate_limit = 5000
        Budget.objects.update(reset_at=None)  # the hour is over
        clock.now = lambda: Run.objects.get().not_before

    clock = SimpleNamespace(now=standin.clock)
    monkeypatch.setattr(backfill_progress, "timezone", clock)
    monkeypatch.setattr(backfill_progress, "nap", nap)
    ran = core("--format=json", "--api=rest")
    assert ran.status == 0
    assert ran.json["state"] == "complete"
    assert waited == [1.0]
    assert "waiting until" in ran.err


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_pause(standin, database_url, run_manage, number, status):
    standin.behaviour.latency = 0.05
    environment = {"GITHUB_API_URL": standin.url, "GITHUB_TOKEN": "ghp_x"}
    command = ["backfill", "acme/rocket", "--team", "core", "--api", "rest"]
    process = subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=django_settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": database_url} | environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while standin.requests.count("reviews") < 3 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)

    assert process.returncode == status, err
    assert "is paused; the same command goes on with it" in err
    assert "Traceback" not in err
    paused = Run.objects.get()
    assert (paused.state, paused.lease) == (Run.State.PAUSED, "")
    standin.behaviour.latency = 0
    assert run_manage(*command, **environment).returncode == 0
    assert Run.objects.get().state == Run.State.COMPLETE

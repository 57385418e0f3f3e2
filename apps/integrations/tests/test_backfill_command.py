import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.integrations.cli import backfill_progress
from apps.integrations.factories import IntegrationCredentialFactory, TrackedRepositoryFactory
from apps.integrations.models import GitHubIntegration, IntegrationCredential, TrackedRepository
from apps.integrations.services.github_sync import begin
from apps.metrics.models import PullRequest
from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.backfill.window import Window
from ingest.github import client as client_module
from ingest.models import Budget, RawGitHubEvent, Run
from ingest.runs import listeners
from ingest.runs.lease import take

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch):
    monkeypatch.setattr(client_module, "FIRST_BACKOFF", 0.0)


class Ran:
    def __init__(self, out, err, status, error):
        self.out, self.err, self.status, self.error = out, err, status, error

    @property
    def json(self):
        return json.loads(self.out)


def backfill(*arguments):
    out, err = StringIO(), StringIO()
    status, error = 0, ""
    try:
        call_command("backfill", *arguments, stdout=out, stderr=err)
    except CommandError as problem:
        status, error = problem.returncode, str(problem)
    except SystemExit as end:
        status = end.code
    assert "ghp_" not in out.getvalue() + err.getvalue() + error
    return Ran(out.getvalue(), err.getvalue(), status, error)


def core(*arguments):
    return backfill("acme/rocket", "--team=core", *arguments)


def test_it_makes_team_repository_and_history(standin, world):
    ran = core("--format=json")

    assert ran.status == 0
    team = Team.objects.get(slug="core")
    tracked = TrackedRepository.for_team(team).get()
    assert (tracked.github_repo_id, tracked.full_name) == (world.repository.id, "acme/rocket")
    credential = tracked.integration.credential
    assert (credential.source, credential.access_token) == ("environment", "")
    assert tracked.integration.organization_slug == "acme"
    found = ran.json
    assert found["state"] == "complete"
    assert found["stored"] == found["applied"]
    assert found["pull_requests"] == PullRequest.for_team(team).count() > 0
    assert found["requests"] == len(standin.requests)
    assert found["window"] == {"days": 90, "open": True}
    assert tracked.last_sync_at == Run.objects.get().finished_at
    assert tracked.integration.sync_status == GitHubIntegration.SyncStatus.COMPLETE


def test_a_new_run_is_told_of_before_anybody_works_on_it(standin, monkeypatch):
    told = []
    monkeypatch.setattr("getpass.getuser", lambda: "alice")
    monkeypatch.setattr(listeners, "LISTENERS", [lambda run: told.append((run.state, run.scope["who"]))])
    core()
    assert told[0] == (Run.State.QUEUED, "alice, on the command line")
    assert [state for state, _ in told][1:] == [Run.State.RUNNING, Run.State.COMPLETE]


def test_for_people(standin):
    ran = core()
    assert ran.status == 0
    assert "acme/rocket: run" in ran.out
    for row in ("pull requests", "reviews", "commits"):
        assert row in ran.out
    assert "acme/rocket: pull requests" in ran.err


def test_days_all_and_no_replay(standin, world):
    assert core("--days=20", "--format=json").json["window"] == {"days": 20, "open": True}
    found = core("--all", "--no-replay", "--format=json").json
    assert found["window"] == {"all": True}
    assert found["pull_requests"] == len(world.outlines)
    assert PullRequest.objects.count() < len(world.outlines)


def test_the_plan_stores_nothing(standin):
    found = core("--plan", "--format=json").json
    assert found["pull_requests"] > 0
    assert found["api"] == "graphql"
    assert found["requests"] == found["apis"]["graphql"]["requests"] < found["pull_requests"]
    assert found["apis"]["rest"]["requests"] > 3 * found["pull_requests"]
    assert found["apis"]["rest"]["quota_limit"] == 5000
    shown = core("--plan").out
    assert "GraphQL, since it takes less of its quota" in shown
    assert "Nothing was stored" in shown
    assert core("--plan", "--api=rest", "--format=json").json["requests"] > 3 * found["pull_requests"]
    for model in (Team, Run, RawGitHubEvent, TrackedRepository, IntegrationCredential):
        assert not model.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("ac.me", "--team=core"),
        ("acme/rocket/x", "--team=core"),
        ("../rocket", "--team=core"),
        ("acme/..", "--team=core"),
        ("acme/rocket?x", "--team=core"),
        ("acme/rocket", "--team=no slug"),
        ("acme/rocket",),
        ("acme/rocket", "--team=core", "--days=0"),
        ("acme/rocket", "--team=core", "--days=7", "--all"),
        ("acme/rocket", "--team=core", "--api=soap"),
    ],
)
def test_wrong_usage(run_usage, arguments):
    assert run_usage(*arguments) == 2


@pytest.fixture
def run_usage(monkeypatch):
    from apps.integrations.management.commands.backfill import Command

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            Command().run_from_argv(["manage.py", "backfill", *arguments])
        return end.value.code

    monkeypatch.setattr(sys, "stderr", StringIO())
    return run


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"tokens": {"another"}}, "refuses the token"),
        ({"hidden": True}, "finds nothing at"),
        ({"saml": True}, "single sign-on"),
        ({"blocked": True}, "blocked"),
        ({"disabled": True}, "switched off"),
        ({"error_every": 1}, "failed at"),
    ],
)
def test_one_line_and_nothing_half_written(standin, behaviour, words):
    for name, value in behaviour.items():
        setattr(standin.behaviour, name, value)
    ran = core()
    assert ran.status == 1
    assert words in ran.error
    assert "\n" not in ran.error
    assert not Team.objects.exists()
    assert not Run.objects.exists()


def test_unknown_repository(standin):
    ran = backfill("acme/nothing", "--team=core")
    assert (ran.status, ran.error.count("\n")) == (1, 0)
    assert not Team.objects.exists()


def test_no_token(standin, settings):
    settings.GITHUB_TOKEN = ""
    ran = core()
    assert (ran.status, ran.error) == (
        1,
        "There is no GitHub token: set GITHUB_TOKEN, or connect team 'core' to GitHub.",
    )


def test_the_team_s_own_token(standin, settings):
    settings.GITHUB_TOKEN = ""
    standin.behaviour.tokens = {"gho_example"}
    credential = IntegrationCredentialFactory(team__slug="core")
    assert core().status == 0
    assert TrackedRepository.objects.get().integration.credential == credential

    standin.behaviour.revoked.add("gho_example")
    ran = core()
    assert ran.status == 1
    credential.refresh_from_db()
    assert credential.status == IntegrationCredential.Status.REVOKED
    assert "There is no GitHub token" in core().error


def test_a_repository_stays_with_the_connection_that_it_has(standin, world):
    tracked = TrackedRepositoryFactory(
        team__slug="core", github_repo_id=world.repository.id, full_name="acme/old-name", is_active=False
    )
    assert core().status == 0
    again = TrackedRepository.objects.get()
    assert again.integration == tracked.integration
    assert (again.full_name, again.is_active) == ("acme/rocket", True)


def test_a_rename_is_followed(standin, world):
    core()
    world.rename("booster")
    assert core("--format=json").json["repository"] == "acme/booster"
    assert TrackedRepository.objects.get().full_name == "acme/booster"


def test_a_token_revoked_in_the_middle(standin):
    standin.behaviour.revoke_after = 10
    ran = core("--format=json", "--api=rest")
    assert ran.status == 1
    assert "refuses the token" in ran.error
    assert ran.json["state"] == "failed"
    assert ran.json["error"] == "CredentialRevoked"
    assert IntegrationCredential.objects.get().status == IntegrationCredential.Status.REVOKED
    assert GitHubIntegration.objects.get().sync_status == GitHubIntegration.SyncStatus.ERROR
    assert TrackedRepository.objects.get().last_sync_at is None

    standin.behaviour.revoke_after = 0
    standin.behaviour.revoked.clear()
    assert core().status == 0
    assert GitHubIntegration.objects.get().sync_status == GitHubIntegration.SyncStatus.COMPLETE


def test_a_living_run_is_named(standin, world):
    team = TeamFactory(slug="core")
    tracked = TrackedRepositoryFactory(team=team, github_repo_id=world.repository.id, full_name="acme/rocket")
    run, _ = begin(tracked, Window())
    take(run)
    ran = core()
    assert ran.status == 1
    assert f"run {run.pk} is running since {timezone.now():%Y-%m-%d}" in ran.error


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

"""A repository's history by one command, and what it says of it."""

import pytest

from apps.integrations.models import GitHubIntegration, IntegrationCredential, TrackedRepository
from apps.metrics.models import PullRequest
from apps.teams.models import Team
from ingest.models import RawGitHubEvent, Run
from ingest.runs import listeners

from .command import core

pytestmark = pytest.mark.django_db


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


def test_a_rename_is_followed(standin, world):
    core()
    world.rename("booster")
    assert core("--format=json").json["repository"] == "acme/booster"
    assert TrackedRepository.objects.get().full_name == "acme/booster"

"""`manage.py backfill OWNER`."""

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.integrations import tasks
from apps.integrations.cli import backfill_many, backfill_turns
from apps.integrations.models import TrackedRepository
from apps.integrations.services.github_client import client_with
from apps.integrations.services.repositories import planning_many
from apps.metrics.models import PullRequest
from apps.teams.models import Team
from ingest.models import Run
from ingest.standin import World

from .conftest import NOW
from .pages import mute

pytestmark = pytest.mark.django_db

State = Run.State
PUSHED = (3, 1, 2, 9, 4, 0)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(planning_many.timezone, "now", lambda: NOW + timedelta(hours=1))


@pytest.fixture
def worlds(standin):
    """Six repositories of acme, the last of them archived."""
    standin.worlds.clear()
    for n, days in enumerate(PUSHED):
        world = World.generate(seed=n, repository=f"part-{n}", pulls=3, now=NOW, archived=n == 5)
        world.repository = replace(world.repository, pushed_at=NOW - timedelta(days=days))
        standin.worlds.append(world)
    return standin.worlds


def backfill(*arguments):
    """Exit status, the document on stdout, stderr."""
    out, err, status = StringIO(), StringIO(), 0
    try:
        call_command("backfill", "acme", "--team=core", "--format=json", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        status = end.code
    except CommandError as error:
        status = error.returncode
        err.write(str(error))
    return status, json.loads(out.getvalue() or "null"), err.getvalue()


def test_all_of_an_organisation_the_last_pushed_to_first(worlds):
    status, found, err = backfill("--all")
    assert status == 0, err
    assert [line["repository"] for line in found["repositories"]] == [
        f"acme/part-{n}" for n in (1, 2, 0, 4, 3)
    ]
    assert (found["complete"], found["failed"], found["left"], found["pull_requests"]) == (5, 0, 0, 15)
    assert PullRequest.objects.count() == 15
    assert Team.objects.get().slug == "core"


def test_again_it_fetches_nothing_that_is_there(worlds, standin):
    backfill("--all")
    standin.requests.clear()
    _, again, _ = backfill("--all", "--archived")
    assert (again["complete"], again["pull_requests"]) == (6, 18)
    assert TrackedRepository.objects.count() == 6
    assert standin.requests.count("pull") <= 3


def test_a_plan_stores_nothing(worlds):
    status, found, err = backfill("--plan", "--all")
    assert status == 0, err
    assert (found["repositories"], found["counted"], found["pull_requests"]) == (5, 5, 15)
    assert found["requests"] > 0
    assert not Run.objects.exists()
    assert not Team.objects.exists()


def test_what_fails_leaves_the_others_alone(worlds, standin, monkeypatch):
    choose = backfill_many.choose

    def and_then_it_is_gone(*arguments, **options):
        found = choose(*arguments, **options)
        standin.worlds.pop(1)
        return found

    monkeypatch.setattr(backfill_many, "choose", and_then_it_is_gone)
    status, found, _ = backfill()
    assert status == 1
    (failed,) = [line for line in found["repositories"] if line["problem"]]
    assert (failed["repository"], failed["state"]) == ("acme/part-1", "failed")
    assert found["complete"] == 4


def test_in_turns(worlds, monkeypatch):
    """Each has one before any has its second."""
    turns = []

    class Short:
        def __init__(self, seconds, waits):
            turns.append(seconds)
            self.left = 2

        def is_over(self):
            self.left -= 1
            return self.left < 0

    monkeypatch.setattr(backfill_turns, "Turn", Short)
    status, found, err = backfill("--all", "--api", "rest")
    assert status == 0, err
    assert turns == [tasks.FIRST_SECONDS] * 5 + [tasks.TASK_SECONDS] * (len(turns) - 5)
    assert len(turns) > 5
    assert found["complete"] == 5


def test_a_limit_without_waiting(worlds, standin, settings):
    settings.GITHUB_RESERVE_PERCENT = 0
    standin.behaviour.rate_limit = 12
    status, found, _ = backfill("--no-wait", "--api", "rest")
    assert status == 3
    waiting = [line for line in found["repositories"] if line["state"] == State.WAITING]
    assert len(waiting) == 1
    assert found["left"] > 0


def test_left_to_workers(worlds, monkeypatch, django_capture_on_commit_callbacks):
    sent = mute(monkeypatch, tasks.continue_backfill)
    with django_capture_on_commit_callbacks(execute=True):
        status, found, err = backfill("--queue")
    assert status == 0, err
    assert found["queued"] == sorted(Run.objects.filter(state="queued").values_list("pk", flat=True))
    assert (len(found["queued"]), len(sent)) == (5, 1)
    assert not PullRequest.objects.exists()
    assert backfill("--queue")[1]["queued"] == [], "said twice, it is done once"
    assert Run.objects.count() == 5


def test_options_of_many_for_one(worlds):
    with pytest.raises(CommandError, match="OWNER alone"):
        call_command("backfill", "acme/part-1", "--team=core", "--queue")


def test_whoever_owns_the_token_sees_private_ones(worlds, standin):
    with client_with(lambda: "ghp_x") as client:
        login = client.get("user").json()["login"]
        backfill_many.choose(client, login, archived=True)
        assert standin.requests.all[-1].path.startswith("/user/repos?")
        backfill_many.choose(client, "somebody-else", archived=True)
        assert standin.requests.all[-1].path.startswith("/users/somebody-else/repos?")

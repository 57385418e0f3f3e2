"""A run's page and the terminal name what it owes, and who asks for it."""

import json
import re

import pytest
from django.core.management import call_command

from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.services.github_sync import begin
from apps.integrations.services.runs import owing
from ingest.backfill.window import Window
from ingest.models import Run

from .backfill_command.command import core
from .pages import client_of

pytestmark = pytest.mark.django_db

State = Run.State
NEXT = "The repository's next run asks first for what is owed, whatever its window."


@pytest.fixture
def tracked():
    return TrackedRepositoryFactory(team__slug="core", full_name="acme/rocket")


def ran(tracked, report, state=State.COMPLETE):
    run, _ = begin(tracked, Window())
    Run.objects.filter(pk=run.pk).update(report=report, state=state)
    return run


@pytest.fixture
def admin(tracked):
    return client_of(tracked.team)


def section(admin, run):
    """The text of what is said of it on the run's page; empty where nothing is."""
    page = admin.get(f"/a/core/integrations/runs/{run.pk}/").text
    found = re.search(r'aria-labelledby="owed">(.*?)</section>', page, re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", found[1]) if found else ""
    return " ".join(text.replace("&#x27;", "'").split())


def listed(capsys):
    call_command("runs", "list", "--all", "--format=json")
    return {row["run"]: row for row in json.loads(capsys.readouterr().out)["runs"]}


def test_the_next_run_asks_for_it(tracked, admin, capsys):
    run = ran(tracked, {"owed": [9, 4]})
    assert section(admin, run) == (f"Owed: 2 pull requests GitHub did not give all of them: #9, #4. {NEXT}")
    row = listed(capsys)[run.pk]
    assert row["owed"] == [9, 4]
    assert row["says"] == f"Complete. Owed: #9, #4. {NEXT}"


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_of_a_run_that_did_not_come_to_its_end(tracked, admin, state):
    assert section(admin, ran(tracked, {"owed": [4]}, state)).endswith(f"all of it: #4. {NEXT}")


def test_a_run_that_goes_on_asks_for_it_itself(tracked, admin):
    run = ran(tracked, {"owed": [4]}, State.RUNNING)
    assert "This run asks first for what earlier ones owed" in section(admin, run)


def test_the_run_that_asked_for_it_is_named(tracked, admin, capsys):
    run = ran(tracked, {"owed": [4]})
    # It ended before it asked for anything.
    ran(tracked, {}, State.CANCELLED)
    assert section(admin, run).endswith(NEXT)
    asked = ran(tracked, {"owed": []})
    ran(tracked, {"owed": []})
    ran(TrackedRepositoryFactory(team=tracked.team), {"owed": []})
    assert section(admin, run).endswith(f"Run {asked.pk} asked first for what is owed.")
    assert section(admin, asked) == ""
    assert listed(capsys)[asked.pk]["owed"] == []


def test_of_runs_that_kept_their_failures_only(tracked, admin):
    failures = [{"number": n, "endpoint": "reviews", "error": "Disabled", "message": "no"} for n in (4, 4, 0)]
    assert "Owed: 1 pull request " in section(admin, ran(tracked, {"failures": failures}))


def test_of_many_the_first_are_named(tracked, admin, monkeypatch):
    monkeypatch.setattr(owing, "NAMED", 2)
    assert "#1, #2 and 3 more." in section(admin, ran(tracked, {"owed": [1, 2, 3, 4, 5]}))


def test_the_command_says_it(standin, world):
    number = min(world.outlines)
    standin.behaviour.null_reviews[number] = 1000
    said = core("--all", "--api=graphql", "--no-replay").out
    assert f"Owed: #{number}. The repository's next run asks first for what is owed." in said
    assert core("--all", "--api=graphql", "--no-replay", "--format=json").json["owed"] == [number]

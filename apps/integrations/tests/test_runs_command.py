"""`manage.py runs`: what a person at a terminal does with backfills that are not over."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.services.github_sync import begin
from ingest.backfill.window import Window
from ingest.models import AuditLine, Run

from .pages import mute

pytestmark = pytest.mark.django_db

State = Run.State


@pytest.fixture
def run():
    tracked = TrackedRepositoryFactory(team__slug="core", full_name="acme/rocket")
    return begin(tracked, Window(30))[0]


def runs(*arguments):
    """Exit status, stdout, stderr."""
    out, err, status = StringIO(), StringIO(), 0
    try:
        call_command("runs", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        status = end.code
    except CommandError as error:
        status = error.returncode
        err.write(str(error))
    return status, out.getvalue(), err.getvalue()


def state(run):
    run.refresh_from_db()
    return run.state


def test_paused_resumed_and_cancelled(run, monkeypatch, django_capture_on_commit_callbacks):
    sent = mute(monkeypatch, tasks.continue_backfill)
    assert runs("pause", run.pk)[0] == 0
    assert state(run) == State.PAUSED
    with django_capture_on_commit_callbacks(execute=True):
        assert runs("resume", run.pk)[0] == 0
    assert (state(run), sent) == (State.QUEUED, [("continue_backfill", run.pk)])
    assert runs("cancel", run.pk)[0] == 0
    assert state(run) == State.CANCELLED
    lines = AuditLine.objects.order_by("pk")
    assert [line.action for line in lines] == ["pause run", "resume run", "cancel run"]
    assert all("command line" in line.who for line in lines)


def test_what_can_not_be_changed_is_said(run):
    status, _, err = runs("resume", run.pk)
    assert (status, f"Run {run.pk} is not paused (queued)" in err) == (1, True)
    status, _, err = runs("cancel", run.pk + 1)
    assert (status, "There is no backfill" in err) == (1, True)
    Run.objects.update(kind="replay")
    assert runs("cancel", run.pk)[0] == 1
    assert not AuditLine.objects.exists()


def test_all_of_a_team_or_of_a_repository(run):
    other = begin(TrackedRepositoryFactory(team__slug="other"), Window())[0]
    assert runs("pause", "--team", "core") == (0, f"Run {run.pk} of acme/rocket is paused.\n", "")
    assert state(other) == State.QUEUED
    # Nothing is left to do, and nothing was named by number.
    assert runs("pause", "--team", "core") == (0, "", "")
    assert runs("cancel", "--repo", "acme/Rocket")[0] == 0
    assert state(run) == State.CANCELLED


@pytest.mark.parametrize(
    "arguments", [["pause"], ["pause", "--team", "nobody"], ["list", "--team", "nobody"]]
)
def test_wrong_usage(run, arguments):
    assert runs(*arguments)[0] == 2
    assert state(run) == State.QUEUED


def test_the_list_says_until_when_a_run_waits(run):
    until = timezone.now() + timedelta(minutes=40)
    Run.objects.update(state="waiting", not_before=until)
    # Beside a long number it goes on in the next line.
    assert f"until {until:%H:%M} UTC" in " ".join(runs("list")[1].split())
    (row,) = json.loads(runs("list", "--format", "json")[1])["runs"]
    assert (row["run"], row["state"], row["window"]) == (run.pk, "waiting", {"days": 30, "open": True})
    assert row["not_before"] == until.isoformat()
    Run.objects.update(state="complete")
    assert "No backfill is under way" in runs("list")[1]
    assert "acme/rocket" in runs("list", "--all")[1]

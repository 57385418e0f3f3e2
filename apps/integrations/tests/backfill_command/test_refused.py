"""What can't begin: one line says why, and nothing is half written."""

import sys
from io import StringIO

import pytest
from django.utils import timezone

from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.services.github_sync import begin
from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.backfill.window import Window
from ingest.models import Run
from ingest.runs.lease import take

from .command import backfill, core

pytestmark = pytest.mark.django_db


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


def test_a_living_run_is_named(standin, world):
    team = TeamFactory(slug="core")
    tracked = TrackedRepositoryFactory(team=team, github_repo_id=world.repository.id, full_name="acme/rocket")
    run, _ = begin(tracked, Window())
    take(run)
    ran = core()
    assert ran.status == 1
    assert f"run {run.pk} is running since {timezone.now():%Y-%m-%d}" in ran.error

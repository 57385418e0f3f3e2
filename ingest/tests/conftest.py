import json

import pytest
from django.core.management import call_command

from apps.teams.factories import TeamFactory
from ingest import tasks
from ingest.replay import cutting


@pytest.fixture
def team(db):
    """Without events."""
    return TeamFactory(slug="acme")


@pytest.fixture
def run_import(capsys):
    """Returns (exit status, the JSON document, stderr)."""

    def run(*arguments):
        status = 0
        try:
            call_command("events", "import", *arguments, "--format", "json")
        except SystemExit as error:
            status = error.code
        out, err = capsys.readouterr()
        return status, json.loads(out), err

    return run


@pytest.fixture
def pairs(monkeypatch):
    """Replays take two streams at a time."""
    monkeypatch.setattr(cutting, "CHUNK", 2)


@pytest.fixture
def sent(monkeypatch):
    """Messages to workers on replays, in the order of sending; a test delivers them."""
    found = []
    monkeypatch.setattr(tasks.work_on_replay, "apply_async", lambda args, **options: found.append(args[0]))
    return found

"""Processes that work on replays of the test database, and what they work on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from django.conf import settings

from apps.teams.factories import TeamFactory
from tests.payloads import commit, fetched, merged, moment, review
from tests.processed import store, store_and_process

PULLS = 120
SECONDS = 60
WHO = "ann@example.com"
# A worker whose chunks are of five streams; with PAUSE it rests for so many seconds after each, so that
# somebody else gets a word in before the last.
SMALL = """
import os, time
from ingest.replay import cutting, performing
cutting.CHUNK, cutting.CHUNK_BESIDE_DELIVERIES = 5, 2
if "PAUSE" in os.environ:
    stop_if_asked = performing.stop_if_asked
    def rest():
        time.sleep(float(os.environ["PAUSE"]))
        stop_if_asked()
    performing.stop_if_asked = rest
"""
SLOW = {"PAUSE": "0.5"}


def history():
    """Pull requests on top of each other: each shares commits with its neighbours."""
    for number in range(1, PULLS + 1):
        yield fetched(merged(number), moment(hours=30))
        yield fetched(review(number), moment(hours=31), number=number)
        for head in (number, number - 1):
            yield fetched(commit(f"head {head}", (f"head {head - 1}",)), moment(hours=31), number=number)


@pytest.fixture
def alone():
    """What one process makes of the history."""
    team = TeamFactory(slug="alone")
    store_and_process(team, *history())
    return team


@pytest.fixture
def team():
    team = TeamFactory(slug="us")
    store(team, *history())
    return team


class Processes:
    def __init__(self, database_url):
        self.environment = os.environ | {"DATABASE_URL": database_url}
        self.started = []

    def start(self, code, **environment):
        command = [sys.executable, "manage.py", "shell", "-c", SMALL + code]
        found = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A group of its own, so that what it starts is killed with it.
            start_new_session=True,
        )
        self.started.append(found)
        return found

    def work(self, run, count=1, **environment):
        code = f"from ingest.cli.worker_process import work; work({run.pk})"
        return [self.start(code, **environment) for _ in range(count)]


@pytest.fixture
def processes(database_url):
    found = Processes(database_url)
    yield found
    for process in found.started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def ended(process):
    """Wait for its end. It must have gone well."""
    said, problems = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, problems
    return said

"""With the broker down a delivery is answered all the same, and soon."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from django.conf import settings as project

from ingest.live import hints
from tests.live.processes import free_port

LOOK_THREE_TIMES = """
import time
import django
from tformance import celery_app
django.setup()
from ingest.live import hints
for _ in range(3):
    start = time.monotonic()
    hints.look()
    print(time.monotonic() - start)
"""


def refusing(stack: ExitStack) -> int:
    return free_port()


def silent(stack: ExitStack) -> int:
    """Takes connections and never says a word."""
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    port: int = server.getsockname()[1]
    return port


def unreachable(stack: ExitStack) -> int:
    """Answers nothing, not even to the attempt to connect: its queue of connections is full."""
    server = stack.enter_context(socket.socket())
    server.bind(("127.0.0.1", 0))
    server.listen(0)
    port: int = server.getsockname()[1]
    for _ in range(4):
        waiting = stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(("127.0.0.1", port))
    return port


@pytest.fixture(params=[refusing, silent, unreachable])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    with ExitStack() as stack:
        yield request.param(stack)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{}/0", "amqp://127.0.0.1:{}//"])
def test_a_broker_that_is_down_holds_nobody_up(port: int, url: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOOK_THREE_TIMES],
        cwd=project.BASE_DIR,
        env=os.environ | {"CELERY_BROKER_URL": url.format(port)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    first, second, third = map(float, told.stdout.split())
    assert first < 4, "GitHub waits ten seconds"
    assert second + third < 0.1, "what has just failed is not tried again at once"
    assert told.stderr.count("beat will look") == 1


def test_a_file_of_the_embedded_broker_that_is_being_written_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "control").mkdir()
    (tmp_path / "control" / "celery.exchange").touch()
    subprocess.run(
        [sys.executable, "-c", LOOK_THREE_TIMES],
        cwd=project.BASE_DIR,
        env=os.environ | {"CELERY_BROKER_URL": f"filesystem://localhost{tmp_path}"},
        timeout=60,
        check=True,
    )


def test_who_asks_while_a_message_is_sent_has_one_more_sent_for_all() -> None:
    sending: Queue[None] = Queue()
    go_on: Queue[None] = Queue()

    def send() -> None:
        sending.put(None)
        go_on.get(timeout=20)

    messenger = hints.Messenger(send, pause=0)
    messenger.ask()
    sending.get(timeout=20)
    for _ in range(5):
        messenger.ask()
    go_on.put(None)
    sending.get(timeout=20)
    go_on.put(None)
    messenger.ask()
    sending.get(timeout=20)
    assert sending.empty()
    go_on.put(None)


def test_a_message_that_could_not_be_made_is_not_the_last_one(caplog: pytest.LogCaptureFixture) -> None:
    sent: Queue[None] = Queue()
    failures = [RuntimeError("a bug")]

    def send() -> None:
        if failures:
            raise failures.pop()
        sent.put(None)

    messenger = hints.Messenger(send, pause=0)
    messenger.ask()
    while failures:
        time.sleep(0.001)
    messenger.ask()
    sent.get(timeout=20)
    assert "beat will look" in caplog.text


def test_after_a_delivery_the_broker_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = False
    monkeypatch.setattr(hints, "_messenger", None)
    told, answer = threading.Event(), threading.Event()

    def look() -> None:
        told.set()
        answer.wait(20)

    monkeypatch.setattr(hints, "look", look)
    hints.look_soon()
    assert told.wait(20)
    hints.look_soon()
    answer.set()

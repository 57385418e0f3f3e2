"""A pending stream that somebody else holds is passed over, and looked for again."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import Any

import pytest
from django.db import connection, transaction

from apps.metrics.models import PullRequest
from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest import tasks
from ingest.live import hints
from ingest.live.pending import is_pending, work_off
from ingest.log.append import append
from ingest.log.delivering import append_delivery
from ingest.models import Stream
from tests import payloads
from tests.payloads import delivered, moment

on_postgres = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")


def of_pull(number: int, minute: int = 0) -> Any:
    pull = payloads.pull_request(number, title=f"as of {minute}")
    return delivered(payloads.delivery(pull), moment(minutes=minute))


def elsewhere(act: Any) -> Any:
    """On another connection, and done when this returns."""

    def work() -> Any:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(timeout=60)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Who asked that it be looked again."""
    asked: list[None] = []
    monkeypatch.setattr(hints, "look_later", lambda: asked.append(None))
    monkeypatch.setattr(hints, "look", lambda: pytest.fail("at once: workers would look in a circle"))
    return asked


@pytest.fixture
def team(transactional_db: None) -> Team:
    """With something pending, of which a worker was told."""
    found: Team = TeamFactory.create()
    assert append_delivery(found.pk, of_pull(7)).wakes
    return found


@on_postgres
@pytest.mark.parametrize("long_way", [False, True], ids=["delivery", "append"])
def test_what_a_delivery_held_is_looked_for_again(team: Team, later: list[None], long_way: bool) -> None:
    with transaction.atomic():
        done = append(team, [of_pull(7, 1)]) if long_way else append_delivery(team.pk, of_pull(7, 1))
        assert not done.wakes, "somebody was told before"
        elsewhere(tasks.process_pending)
        assert later == [None]
    assert is_pending()
    tasks.process_pending()
    assert PullRequest.objects.get().title == "as of 1"
    assert later == [None], "nothing waits any more"


@on_postgres
def test_the_others_are_processed_meanwhile(team: Team, later: list[None]) -> None:
    append_delivery(team.pk, of_pull(8))
    with transaction.atomic():
        append_delivery(team.pk, of_pull(7, 1))
        found = elsewhere(work_off)
    assert (found.streams, found.held) == (1, 1)
    assert PullRequest.objects.get().number == 8


@on_postgres
def test_what_whoever_held_it_has_processed_is_not_looked_for(team: Team, later: list[None]) -> None:
    """Between the pass and the look at what is left."""
    stream = Stream.objects.get()

    def pass_and_end(enough: Any) -> Any:
        with transaction.atomic():
            Stream.objects.select_for_update().get()
            found = elsewhere(work_off)
            Stream.objects.update(applied=stream.events)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "work_off", pass_and_end)
        tasks.process_pending()
    assert later == []


def test_without_anybody_at_it_nobody_looks_again(team: Team, later: list[None]) -> None:
    tasks.process_pending()
    assert later == []
    assert PullRequest.objects.get().title == "as of 0"


def test_who_asks_before_the_message_is_sent_is_told_by_it() -> None:
    slept: Queue[float] = Queue()
    go_on: Queue[None] = Queue()
    sent: Queue[None] = Queue()

    class Stopped(hints.Messenger):
        def _sleep(self, seconds: float) -> None:
            slept.put(seconds)
            go_on.get(timeout=20)

    messenger = Stopped(lambda: sent.put(None), pause=0, delay=5)
    for _ in range(2):
        messenger.ask()
        assert slept.get(timeout=20) == 5, "it is not sent at once"
        assert sent.empty()
        messenger.ask()
        go_on.put(None)
        sent.get(timeout=20)
        assert slept.get(timeout=20) == 0
        go_on.put(None)
    assert sent.empty()


def test_the_messenger_that_waits_is_another_one(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    made: list[Any] = []

    class Recorded:
        def __init__(self, send: Any, pause: float = 0, delay: float = 0) -> None:
            self.process, self.delay, self.asked = os.getpid(), delay, 0
            made.append(self)

        def ask(self) -> None:
            self.asked += 1

    monkeypatch.setattr(hints, "Messenger", Recorded)
    monkeypatch.setattr(hints, "_later", None)
    monkeypatch.setattr(hints, "_messenger", None)
    settings.CELERY_TASK_ALWAYS_EAGER = True
    hints.look_later()
    assert made == [], "it would be a call inside the one that asks"
    settings.CELERY_TASK_ALWAYS_EAGER = False
    hints.look_later()
    hints.look_later()
    hints.look_soon()
    assert [(one.delay, one.asked) for one in made] == [(hints.LATER, 2), (0, 1)]

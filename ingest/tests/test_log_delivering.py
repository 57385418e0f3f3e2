"""One delivery on its short way into the log: what is there afterwards is what the long way leaves."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Count

from apps.metrics.models import PullRequest
from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.live.pending import work_off
from ingest.log.append import Appended, append
from ingest.log.delivering import append_delivery
from ingest.log.facts import NewEvent
from ingest.models import RawGitHubEvent, Stream
from tests import payloads
from tests.payloads import delivered, moment

Meanwhile = Callable[[Callable[[], Appended]], "Future[Appended]"]

on_postgres = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite takes the long way")


def of_pull(number: int, minute: int = 0, **facts: Any) -> NewEvent:
    pull = payloads.pull_request(number, title=f"as of {minute}")
    return delivered(payloads.delivery(pull), moment(minutes=minute), **facts)


EVENTS = {
    "a pull request": of_pull(7),
    "it again": of_pull(7),
    "a change of it": of_pull(7, 1),
    "an event without a processor": delivered({"repository": payloads.repository()}, event_type="push"),
    "one more": delivered({"repository": payloads.repository()}, moment(hours=1), event_type="push"),
    "of no repository": delivered({}, event_type="organization"),
    "unreadable": delivered(b"{", event_type="pull_request"),
    "with NUL": delivered(payloads.delivery(payloads.pull_request(title="\x00"))),
}


def rows(team: Team) -> tuple[list[Any], list[Any]]:
    events = RawGitHubEvent.for_team(team).order_by("pk").values()
    streams = Stream.for_team(team).order_by("repository_id", "number").values()
    return tuple(  # type: ignore[return-value]
        [{k: v for k, v in one.items() if k not in ("id", "team_id")} for one in found]
        for found in (events, streams)
    )


@pytest.mark.django_db(transaction=True)
def test_it_leaves_what_append_leaves_and_says_the_same():
    short, long = TeamFactory(), TeamFactory()
    for name, event in EVENTS.items():
        did, expected = append_delivery(short.pk, event), append(long, [event])
        assert len(did.ids) == len(expected.ids), name
        for field in ("stored", "duplicates", "wakes"):
            assert getattr(did, field) == getattr(expected, field), (name, field)
        assert {key[1:] for key in did.streams} == {key[1:] for key in expected.streams}, name
    assert rows(short) == rows(long)
    work_off()
    late = of_pull(7, 2)
    assert append_delivery(short.pk, late).wakes
    assert not append_delivery(short.pk, of_pull(7, 3)).wakes


@pytest.mark.django_db(transaction=True)
def test_the_same_delivery_for_another_stream_adds_nothing():
    team = TeamFactory()
    append_delivery(team.pk, of_pull(7, delivery_id="one"))
    assert append_delivery(team.pk, of_pull(8, delivery_id="one")).duplicates == 1
    assert not Stream.for_team(team).filter(number=8, events__gt=0).exists()


@on_postgres
@pytest.mark.django_db
def test_inside_a_transaction_it_is_part_of_it():
    team = TeamFactory()
    with transaction.atomic():
        append_delivery(team.pk, of_pull(7))
        transaction.set_rollback(True)
    assert not RawGitHubEvent.for_team(team).exists()


@pytest.fixture
def meanwhile() -> Iterator[Meanwhile]:
    """Begins something on another connection, which then waits for what ours holds."""

    def work(do: Callable[[], Appended]) -> Appended:
        try:
            return do()
        finally:
            connection.close()

    def begin(do: Callable[[], Appended]) -> Future[Appended]:
        future = pool.submit(work, do)
        end = time.monotonic() + 20
        while not _somebody_waits() and not future.done() and time.monotonic() < end:
            time.sleep(0.005)
        assert not future.done(), "nothing held it up"
        return future

    with ThreadPoolExecutor(1) as pool:
        yield begin


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        (found,) = cursor.fetchone()
    return bool(found)


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_delivery_at_the_same_moment_for_another_stream(meanwhile: Meanwhile):
    team = TeamFactory()
    with transaction.atomic():
        append_delivery(team.pk, of_pull(7, delivery_id="one"))
        future = meanwhile(lambda: append_delivery(team.pk, of_pull(8, delivery_id="one")))
    assert future.result().duplicates == 1
    assert not Stream.for_team(team).filter(number=8, events__gt=0).exists()


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_two_deliveries_make_the_same_stream(meanwhile: Meanwhile):
    team = TeamFactory()
    with transaction.atomic():
        append_delivery(team.pk, of_pull(7))
        future = meanwhile(lambda: append_delivery(team.pk, of_pull(7, 1)))
    assert future.result().ids
    assert Stream.for_team(team).get().events == 2


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_a_processor_that_holds_the_stream_has_read_what_it_counts(meanwhile: Meanwhile):
    team = TeamFactory()
    append_delivery(team.pk, of_pull(7))
    with transaction.atomic():
        stream = Stream.objects.select_for_update().get()
        future = meanwhile(lambda: append_delivery(team.pk, of_pull(7, 1)))
        assert RawGitHubEvent.for_team(team).count() == stream.events
        Stream.objects.update(applied=stream.events)
    assert future.result().wakes, "what it waited for is what it saw"
    assert (Stream.objects.get().events, Stream.objects.get().applied) == (2, 1)


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_many_at_once_with_processors_and_whole_batches_between_them():
    team = TeamFactory()
    events = [of_pull(number, minute) for minute in range(12) for number in range(1, 6)]

    def by(step: int) -> None:
        try:
            for i in range(len(events)):
                event = events[i * step % len(events)]
                append_delivery(team.pk, event)
                if i % 5 == step % 5:
                    append(team, [dataclasses.replace(event, received_at=datetime(2026, 3, 3, tzinfo=UTC))])
                if i % 7 == step % 7:
                    work_off()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        # Steps without a common factor with 60: each order is another one, and whole.
        list(pool.map(by, (1, 7, 11, 13)))
    work_off()
    counted = RawGitHubEvent.for_team(team).values_list("number").annotate(n=Count("pk"))
    assert dict(counted) == dict.fromkeys(range(1, 6), 12)
    assert {(s.events, s.applied) for s in Stream.for_team(team)} == {(12, 12)}
    assert set(PullRequest.for_team(team).values_list("title", flat=True)) == {"as of 11"}

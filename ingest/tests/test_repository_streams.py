"""A repository's own stream: its few events with a processor are found among any number of others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from apps import sql
from apps.teams.factories import TeamFactory
from ingest.live.backlog import Backlog, backlog
from ingest.log.append import append
from ingest.log.facts import NewEvent
from ingest.log.streams import StreamKey, counts
from ingest.models import RawGitHubEvent, Stream
from ingest.replay import reading
from ingest.replay.deletions import deleted_after
from ingest.replay.reading import applied, events_by_stream
from ingest.routing import HANDLED
from tests import payloads
from tests.payloads import REPOSITORY_ID, delivered, moment, pull_request
from tests.planner import forget

pytestmark = pytest.mark.django_db

# Of fewer rows PostgreSQL supposes that a team has one.
PUSHES, PULLS = 3000, 300
TABLE = RawGitHubEvent._meta.db_table


def of_repository(event_type: str, at: datetime, **more: Any) -> NewEvent:
    return delivered({"repository": payloads.repository(), **more}, at, event_type)


def some() -> list[NewEvent]:
    """Of every type, one after another, three times."""
    return [
        of_repository(event_type, moment(minutes=10 * i + place))
        for i in range(3)
        for place, event_type in enumerate([*HANDLED, "push"])
    ]


@pytest.fixture
def key() -> StreamKey:
    team = TeamFactory.create()
    append(team, some())
    append(team, [delivered(payloads.delivery(pull_request(7)))])
    append(TeamFactory.create(), some())
    return team.pk, REPOSITORY_ID, 0


def with_processor(key: StreamKey) -> list[int]:
    found = RawGitHubEvent.objects.filter(team_id=key[0], number=key[2], event_type__in=HANDLED)
    return list(found.order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize("at_once", [1, 8 * 2**20], ids=["in parts", "at once"])
def test_all_with_a_processor_are_read_and_no_other(
    key: StreamKey, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", at_once)
    pull = (key[0], REPOSITORY_ID, 7)
    found = {k: sorted(event.id for event in events) for k, events in events_by_stream(counts([key, pull]))}
    assert found == {k: with_processor(k) for k in (key, pull)}
    assert len(found[key]) == 3 * len(HANDLED)


@pytest.mark.parametrize("at_once", [1, 8 * 2**20], ids=["in parts", "at once"])
def test_the_newest_are_those_that_are_not_applied(
    key: StreamKey, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", at_once)
    ((_, events),) = events_by_stream(counts([key]))
    told = counts([key])[key]
    known = [event.id for event in applied(events, told._replace(applied=told.events - 4))]
    assert known == with_processor(key)[:-4]


def test_since_when_a_repository_waits(key: StreamKey) -> None:
    Stream.objects.exclude(team_id=key[0], number=0).delete()
    assert backlog() == Backlog(1, moment())
    # The pushes count as applied from the beginning.
    Stream.objects.update(applied=3 + 2 * len(HANDLED))
    assert backlog() == Backlog(1, moment(minutes=20))


@pytest.fixture(params=["without statistics", "with statistics"])
def large(request: pytest.FixtureRequest) -> StreamKey:
    """A repository with many pushes."""
    team = TeamFactory.create()
    append(team, [of_repository("push", moment(seconds=n)) for n in range(PUSHES)])
    append(team, [delivered(payloads.delivery(pull_request(number))) for number in range(1, PULLS + 1)])
    append(team, some())
    forget(TABLE)
    if request.param == "with statistics":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {TABLE}")
    return team.pk, REPOSITORY_ID, 0


def plans(read: Callable[[], Any]) -> list[str]:
    """How each statement about events that this sends is planned."""
    sent: list[tuple[str, Any]] = []

    def remember(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        if f'"{TABLE}" t' in statement:
            sent.append((statement, params))
        return execute(statement, params, many, context)

    with connection.execute_wrapper(remember):
        read()
    with sql.cursor() as cursor:
        if not sql.is_sqlite():
            # Of a small table all may be read as well; of a large one the way by an index is the question.
            for other in ("seqscan", "hashjoin", "mergejoin"):
                cursor.execute(f"SET LOCAL enable_{other} = off")
        found = []
        for statement, params in sent:
            cursor.execute(("EXPLAIN QUERY PLAN " if sql.is_sqlite() else "EXPLAIN ") + statement, params)
            found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return found


def test_a_small_one_is_read_by_its_own_index(large: StreamKey) -> None:
    (plan,) = plans(lambda: list(events_by_stream(counts([large]))))
    assert plan.count("ingest_event_repository") == len(HANDLED), plan
    assert plan.count("ingest_event_") == len(HANDLED), plan


def test_a_large_one_is_read_by_its_own_index(large: StreamKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", 10_000)
    found = plans(lambda: [list(events) for _, events in events_by_stream(counts([large]))])
    assert len(found) >= len(HANDLED)
    for plan in found:
        assert "ingest_event_repository" in plan
        assert plan.count("ingest_event_") == 1, plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


def test_streams_of_pull_requests_are_read_by_theirs(large: StreamKey) -> None:
    team_id, repository_id, _ = large
    keys = [(team_id, repository_id, number) for number in range(1, 10)]
    (plan,) = plans(lambda: list(events_by_stream(counts(keys))))
    assert plan.count("ingest_event_stream") == plan.count("ingest_event_") == 1, plan


def test_both_at_once_are_one_statement(large: StreamKey) -> None:
    pull = (*large[:2], 1)
    (plan,) = plans(lambda: list(events_by_stream(counts([large, pull]))))
    assert plan.count("ingest_event_repository") == len(HANDLED), plan
    assert plan.count("ingest_event_stream") == 1, plan


def test_the_oldest_that_waits_is_looked_for_by_the_same_indexes(large: StreamKey) -> None:
    Stream.objects.filter(number__gt=9).update(applied=1)
    (plan,) = plans(backlog)
    assert plan.count("ingest_event_repository") == len(HANDLED), plan
    assert plan.count("ingest_event_stream") == 1, plan


def test_deletions_are_looked_for_among_few(large: StreamKey) -> None:
    """Either index leads past the pushes: the repository's own, or that of a team's types."""
    (plan,) = plans(lambda: deleted_after(*large[:2], moment()))
    few = plan.count("ingest_event_repository") + plan.count("ingest_event_of_type")
    assert few == plan.count("ingest_event_") == 1, plan

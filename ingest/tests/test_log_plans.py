"""PostgreSQL follows a stream's index before it has statistics, and keeps plans for few keys only."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from apps import sql
from apps.teams.factories import TeamFactory
from ingest.log.append import append
from ingest.log.duplicates import _same_type
from ingest.log.streams import KINDS, counts
from ingest.models import RawGitHubEvent
from ingest.replay import reading
from ingest.replay.seeking import Rest
from tests import payloads
from tests.payloads import REPOSITORY_ID, fetched
from tests.planner import forget

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(sql.is_sqlite(), reason="the plans of PostgreSQL"),
]
# Of fewer rows PostgreSQL supposes that a team has one.
PULLS = 3000


@pytest.fixture
def team() -> Any:
    """With a log of which PostgreSQL knows nothing but its size."""
    team = TeamFactory.create()
    append(team, [fetched(payloads.pull_request(number)) for number in range(1, PULLS + 1)])
    forget(RawGitHubEvent._meta.db_table)
    return team


def plan(statement: str, params: list[Any]) -> str:
    with sql.cursor() as cursor:
        # Of a small table all may be read as well; of a large one the way by an index is the question.
        for other in ("seqscan", "hashjoin", "mergejoin", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{other} = off")
        cursor.execute(f"EXPLAIN {statement}", params)
        return "\n".join(row[0] for row in cursor.fetchall())


def test_what_is_known_of_streams_is_looked_up_in_their_index(team: Any) -> None:
    keys = [(team.pk, REPOSITORY_ID, number, "pull_request") for number in range(1, 100)]
    table, params = sql.key_table(keys, **KINDS, wanted="text")
    assert "ingest_event_stream" in plan(f"SELECT t.id {_same_type(table)}", params)


def test_events_of_streams_are_read_by_their_index(team: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Rest] = []

    def select(*rests: Rest) -> Any:
        asked.extend(rests)
        return iter(())

    monkeypatch.setattr(reading, "_select", select)
    keys = [(team.pk, REPOSITORY_ID, number) for number in range(1, 100)]
    list(reading.events_by_stream(counts(keys)))
    ((rest, params),) = asked
    assert "ingest_event_stream" in plan(f"SELECT t.id {rest}", params)


def kept_plans() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%kept plan%%'")
        (found,) = cursor.fetchone()
    return int(found)


def test_a_plan_is_kept_for_few_keys_and_made_anew_for_many() -> None:
    for count, kept in ((sql.FEW + 1, 0), (sql.FEW, 1)):
        table, params = sql.key_table([(n,) for n in range(count)], n="bigint")
        for _ in range(3):
            with sql.cursor() as cursor:
                cursor.execute(f"SELECT 'kept plan', count(*) FROM {table}", params)
                assert cursor.fetchone()[1] == count
        assert kept_plans() == kept


def test_the_log_is_not_analyzed(team: Any) -> None:
    """Else the tests above would say nothing."""
    table = RawGitHubEvent._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stats WHERE tablename = %s", [table])
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        assert cursor.fetchone() == (-1,)

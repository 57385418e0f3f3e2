"""PostgreSQL takes a batch by COPY or as parameters: what is stored is the same."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from apps import sql
from apps.sql import writing
from apps.teams.factories import TeamFactory
from ingest.log.append import append
from ingest.models import RawGitHubEvent
from tests import payloads
from tests.payloads import delivered, fetched, moment

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(sql.is_sqlite(), reason="SQLite has one way"),
]

HARD = [
    delivered(payloads.delivery(payloads.pull_request(title="\x00 \ud800 \\N \t\n é 🚀"))),
    delivered(b'{"a": 1e300, "a": 2, "b": 123456789012345678901234567890}', event_type="push"),
    delivered(b"\xff\x00{", event_type="pull_request"),
    delivered({}, None, event_type="ping", headers={"X-Odd": '"\\u0000é\\'}),
    fetched(payloads.pull_request(8), None, repository_id=2**63 - 1, number=2**31 - 1),
    fetched(payloads.commit("one"), moment(hours=1), number=7),
]


def stored(*batches: Any) -> list[Any]:
    team = TeamFactory.create()
    ids = [event_id for batch in batches for event_id in append(team, batch).ids]
    rows: Any = RawGitHubEvent.for_team(team).order_by("pk").values()
    assert [row["id"] for row in rows] == ids
    return [
        {
            k: bytes(v) if k == "packed" else v
            for k, v in row.items()
            if k not in ("id", "team_id", "fetch_id")
        }
        for row in rows
    ]


def test_all_ways_store_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "COPY_FROM", 1)
    with CaptureQueriesContext(connection) as statements:
        copied = stored(HARD)
    assert any("CREATE TEMPORARY TABLE" in one["sql"] for one in statements)
    monkeypatch.setattr(writing, "COPY_FROM", 10**9)
    assert len(copied) == len(HARD)
    assert copied == stored(HARD) == stored(*([one] for one in HARD))


def test_a_copied_batch_leaves_prepared_what_was_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """psycopg forgets all of it where a table is dropped."""
    with sql.cursor() as cursor:
        for _ in range(3):
            cursor.execute("SELECT 1 WHERE %s > 0", [5])
    before = prepared_statements()
    monkeypatch.setattr(writing, "COPY_FROM", 1)
    stored(HARD[:2], HARD[2:])
    assert before <= prepared_statements()
    assert any("WHERE $1 > 0" in text for text in before)


def prepared_statements() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return {text for (text,) in cursor.fetchall()}


@pytest.mark.parametrize("copy_from", [1, 10**9])
def test_known_deliveries_are_left_out_and_the_others_keep_their_order(
    monkeypatch: pytest.MonkeyPatch, copy_from: int
) -> None:
    monkeypatch.setattr(writing, "COPY_FROM", copy_from)
    team = TeamFactory.create()
    events = [delivered(payloads.delivery(payloads.pull_request(n)), moment(minutes=n)) for n in range(1, 6)]
    append(team, events[1:3])
    done = append(team, events)
    assert (len(done.ids), done.duplicates) == (3, 2)
    assert list(
        RawGitHubEvent.objects.filter(pk__in=done.ids).order_by("pk").values_list("number", flat=True)
    ) == [1, 4, 5]


@pytest.mark.parametrize("copy_from", [1, 10**9])
def test_what_a_column_can_not_hold_is_an_error(monkeypatch: pytest.MonkeyPatch, copy_from: int) -> None:
    monkeypatch.setattr(writing, "COPY_FROM", copy_from)
    with pytest.raises(DataError):
        append(TeamFactory.create(), [delivered({}, event_type="x" * 101)])

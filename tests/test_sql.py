"""What `apps.sql` promises on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DatabaseError, connection
from hypothesis import given
from hypothesis import strategies as st

from apps import sql
from apps.metrics.models import Repository
from apps.sql.values import prepared
from apps.teams.factories import TeamFactory
from apps.teams.models import Team

COLUMNS = (
    "team_id",
    "github_repo_id",
    "full_name",
    "name_instant",
    "name_digest",
    "created_at",
    "updated_at",
)
KEY = ("team_id", "github_repo_id")
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def repository(team, number, name="acme/rocket", instant=5):
    return (team.pk, number, name, instant, "", NOW, NOW)


INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL takes times as they are")
@given(st.datetimes(timezones=st.sampled_from([UTC, INDIA])))
def test_times_are_written_as_django_writes_them(time):
    ((written,),) = prepared(Repository, ["created_at"], [(time,)])
    assert written == connection.ops.adapt_datetimefield_value(time)


@pytest.mark.django_db
def test_rows_that_are_read_while_others_are_asked_for():
    team = TeamFactory()
    sql.upsert(Repository, COLUMNS, [repository(team, n) for n in range(1, 1200)], key=KEY)
    found = sql.select(Repository, ["github_repo_id"], "FROM metrics_repository t ORDER BY 1", [])
    assert next(found) == (1,)
    assert len(list(sql.select(Team, ["id"], "FROM teams_team t", []))) == 1
    assert [n for (n,) in found] == list(range(2, 1200))


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_failed_harms_no_other():
    with pytest.raises(DatabaseError), sql.cursor() as cursor:
        cursor.execute("SELECT 1 / 0 FROM nowhere")
    TeamFactory()
    assert len(list(sql.select(Team, ["id"], "FROM teams_team t", []))) == 1


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="Django's own cursors serve SQLite")
def test_a_cursor_is_made_once():
    with sql.cursor() as first, sql.cursor() as second:
        assert first.cursor is not second.cursor
    with sql.cursor() as third:
        assert third.cursor in (first.cursor, second.cursor)


@pytest.mark.django_db
def test_of_an_upsert_the_rows_that_were_written_come_back():
    team = TeamFactory()
    options = {"key": KEY, "update": ("full_name", "name_instant"), "newer": ("name_instant",)}

    def upsert(*rows):
        return sorted(
            sql.upsert(Repository, COLUMNS, rows, returning=("github_repo_id", "full_name"), **options)
        )

    assert upsert(repository(team, 1, "a/old", 3), repository(team, 2, "a/new", 8)) == [
        (1, "a/old"),
        (2, "a/new"),
    ]
    # The second is newer in the table.
    assert upsert(repository(team, 1, "b/one", 5), repository(team, 2, "b/two", 5)) == [(1, "b/one")]
    assert set(Repository.for_team(team).values_list("full_name", flat=True)) == {"b/one", "a/new"}

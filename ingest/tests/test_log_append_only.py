"""Law 2: the database itself refuses to change the log."""

import threading

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError

from apps.teams.factories import TeamFactory
from ingest.log import triggers
from ingest.log.gate import open_gate
from ingest.log.refused import LogIsAppendOnly
from ingest.models import Fetch, RawGitHubEvent
from ingest.models.event import DERIVED, FACTS
from tests import payloads
from tests.processed import store

EVENTS, FETCHES = RawGitHubEvent._meta.db_table, Fetch._meta.db_table
FETCH_COLUMNS = tuple(field.column for field in Fetch._meta.concrete_fields)

postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has it")
sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has it")


def execute(statement, params=()):
    # A transaction of its own: on PostgreSQL a refused statement spoils the one it is in.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount


def refused(statement, params=()):
    with pytest.raises(IntegrityError, match="the log is append-only"):
        execute(statement, params)


def facts_of(table):
    return [list(row.values()) for row in {EVENTS: RawGitHubEvent, FETCHES: Fetch}[table].objects.values()]


def guard_errors():
    return [error for error in run_checks(databases=["default"]) if error.id == "tformance.E101"]


@pytest.fixture
def team(db):
    team = TeamFactory()
    store(team, payloads.fetched(payloads.pull_request()), payloads.delivered(payloads.repository_delivery()))
    return team


# Each in its own type: a wrong one would be refused for another reason.
CHANGED = {
    "id": "id + 1000",
    "team_id": "team_id + 1",
    "fetch_id": "NULL",
    "named_repository_id": "7",
    "named_number": "9",
    "size": "size + 1",
    "status": "500",
    "run_id": "1",
    "received_at": "NULL",
    "answered_at": "NULL",
    "truncated": "NOT truncated",
    "headers": """'{"a": "b"}'""",
    "details": """'{"a": "b"}'""",
    "packed": "CAST('a' AS BINARY)",
}


@pytest.mark.parametrize(
    ("table", "column"),
    [(EVENTS, c) for c in ("id", *FACTS)] + [(FETCHES, c) for c in FETCH_COLUMNS],
)
def test_no_fact_can_be_changed(team, table, column):
    binary = "bytea" if connection.vendor == "postgresql" else "blob"
    value = CHANGED.get(column, "'changed'").replace("BINARY", binary)
    refused(f"UPDATE {table} SET {column} = {value}")


def test_no_fact_is_forgotten():
    """Every column is a fact, or derived."""
    columns = {field.column for field in RawGitHubEvent._meta.concrete_fields}
    assert columns == {"id", *FACTS, *DERIVED}


def test_derived_columns_may_change(team):
    values = "repository_id = 1, repository_name = 'x', number = 2, object_id = 'y', actor = 'z'"
    assert execute(f"UPDATE {EVENTS} SET {values}, occurred_at = NULL, instant = 5") == 2
    # The same value is no change.
    assert execute(f"UPDATE {EVENTS} SET sha256 = sha256, delivery_id = delivery_id") == 2


@pytest.mark.parametrize("table", [EVENTS, FETCHES])
def test_no_row_can_be_deleted(team, table):
    refused(f"DELETE FROM {table}")


@postgresql
@pytest.mark.parametrize("table", [EVENTS, FETCHES])
def test_no_table_can_be_emptied(team, table):
    # The fixture's foreign keys are still to be checked, which is a refusal of its own.
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    refused(f"TRUNCATE {table} CASCADE")


@sqlite
@pytest.mark.parametrize("table", [EVENTS, FETCHES])
@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE"])
def test_no_row_can_be_replaced(team, table, verb):
    """SQLite deletes the row that stands in the way, and fires no trigger for it."""
    columns = ("id", *FACTS, *DERIVED) if table == EVENTS else FETCH_COLUMNS
    before = facts_of(table)
    # One fact is another, the rest as it is.
    values = ", ".join({"sha256": "'changed'", "etag": "'changed'"}.get(c, c) for c in columns)
    refused(f"{verb} INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} LIMIT 1")
    assert facts_of(table) == before


@sqlite
def test_no_delivery_can_be_replaced(team):
    columns = ", ".join((*FACTS, *DERIVED))
    stored = RawGitHubEvent.objects.exclude(delivery_id=None).get()
    refused(f"REPLACE INTO {EVENTS} ({columns}) SELECT {columns} FROM {EVENTS} WHERE id = %s", [stored.pk])
    refused(f"UPDATE OR REPLACE {EVENTS} SET id = %s WHERE id <> %s", [stored.pk, stored.pk])
    assert RawGitHubEvent.objects.filter(pk=stored.pk).exists()


def test_models_refuse_too(team):
    event = RawGitHubEvent.objects.first()
    with pytest.raises(LogIsAppendOnly):
        event.save()
    with pytest.raises(LogIsAppendOnly):
        event.delete()
    with pytest.raises(LogIsAppendOnly):
        RawGitHubEvent.objects.create(team=team, source="rest", event_type="x", packed=b"", size=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        RawGitHubEvent.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        RawGitHubEvent.objects.update(sha256="")
    assert RawGitHubEvent.objects.count() == 2


def test_a_team_with_a_log_stays(team):
    with pytest.raises(ProtectedError):
        team.delete()


class TestGate:
    def test_it_opens_for_one_block_and_shuts_after_it(self, team):
        with transaction.atomic():
            with open_gate("test"):
                assert execute(f"DELETE FROM {EVENTS}") == 2
            # The outer transaction goes on with the gate shut.
            refused(f"DELETE FROM {FETCHES}")

    def test_it_shuts_after_an_error(self, team):
        with pytest.raises(RuntimeError), open_gate("test"):
            raise RuntimeError
        refused(f"DELETE FROM {EVENTS}")
        assert RawGitHubEvent.objects.count() == 2

    @pytest.mark.django_db(transaction=True)
    def test_it_is_open_for_nobody_else(self):
        store(TeamFactory(), payloads.fetched(payloads.pull_request()))
        failures = []

        def try_to_delete():
            try:
                with connection.cursor() as cursor:
                    if connection.vendor == "sqlite":
                        cursor.execute("PRAGMA busy_timeout = 0")
                    cursor.execute(f"DELETE FROM {EVENTS}")
            except Exception as error:
                failures.append(str(error))
            finally:
                connection.close()

        with open_gate("test"):
            other = threading.Thread(target=try_to_delete)
            other.start()
            other.join()
        # SQLite has one writer: the other does not even get as far as the trigger.
        assert "append-only" in failures[0] or "locked" in failures[0]
        assert RawGitHubEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_triggers_stand_again_after_a_migration_that_rebuilt_the_table():
    store(TeamFactory(), payloads.fetched(payloads.pull_request()))
    field = models.TextField(default="")
    field.set_attributes_from_name("added_later")
    with connection.schema_editor() as editor:
        editor.add_field(RawGitHubEvent, field)
    try:
        # A column with a constraint makes SQLite rebuild the table, and its triggers are gone.
        with connection.schema_editor() as editor:
            wider = models.CharField(max_length=5, default="", unique=False)
            wider.set_attributes_from_name("added_later")
            editor.alter_field(RawGitHubEvent, field, wider)
        if connection.vendor == "sqlite":
            assert triggers.missing()
            assert len(guard_errors()) == 1
        call_command("migrate", verbosity=0)
        assert triggers.missing() == []
        assert guard_errors() == []
        refused(f"UPDATE {EVENTS} SET sha256 = 'changed'")
        refused(f"DELETE FROM {EVENTS}")
    finally:
        with connection.schema_editor() as editor:
            editor.remove_field(RawGitHubEvent, wider)
        triggers.install()


@pytest.mark.django_db
@pytest.mark.parametrize("name", triggers.names())
def test_the_check_names_a_missing_trigger(name):
    table = FETCHES if name.startswith(FETCHES) else EVENTS
    execute(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))
    (error,) = guard_errors()
    assert name in error.msg
    triggers.install()
    assert guard_errors() == []


@postgresql
@pytest.mark.django_db
def test_the_check_names_a_disabled_trigger():
    execute(f"ALTER TABLE {EVENTS} DISABLE TRIGGER {EVENTS}_no_update")
    assert triggers.missing() == [f"{EVENTS}_no_update"]

import pytest
from django.db import DatabaseError, connection
from django.test import TransactionTestCase

from apps.teams.factories import TeamFactory
from ingest.log import triggers
from ingest.log.append import append
from ingest.log.facts import NewEvent
from ingest.models import RawGitHubEvent


@pytest.mark.django_db(transaction=True)
def test_another_process_reaches_the_test_database(run_manage):
    team = TeamFactory()
    code = "from apps.teams.models import Team; print(*Team.objects.values_list('slug', flat=True))"
    assert run_manage("shell", "-c", code).stdout == f"{team.slug}\n"


@pytest.mark.skipif("connection.vendor != 'sqlite'")
@pytest.mark.django_db
def test_sqlite_writes_ahead():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)


@pytest.mark.django_db(transaction=True)
def test_the_flush_after_a_test_empties_the_log_and_shuts_the_gate():
    ping = NewEvent(source="webhook", event_type="ping", body=b"{}")
    append(TeamFactory(), [ping])
    assert RawGitHubEvent.objects.exists()
    TransactionTestCase()._fixture_teardown()
    assert not RawGitHubEvent.objects.exists()
    assert triggers.missing() == []
    append(TeamFactory(), [ping])
    with pytest.raises(DatabaseError, match="append-only"):
        RawGitHubEvent.objects.all()._raw_delete(connection.alias)

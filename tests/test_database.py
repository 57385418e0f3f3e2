import pytest
from django.db import connection

from apps.teams.factories import TeamFactory


@pytest.mark.django_db(transaction=True)
def test_another_process_reaches_the_test_database(database_url, run_manage):
    team = TeamFactory()
    code = "from apps.teams.models import Team; print(*Team.objects.values_list('slug', flat=True))"
    assert run_manage("shell", "-c", code).stdout == f"{team.slug}\n"


@pytest.mark.skipif("connection.vendor != 'sqlite'")
@pytest.mark.django_db
def test_sqlite_writes_ahead():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)

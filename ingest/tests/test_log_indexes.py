import pytest
from django.db import connection

from ingest.models import RawGitHubEvent


@pytest.mark.django_db
def test_no_index_of_the_log_is_the_beginning_of_another():
    """Each costs bytes and time of every event, and PostgreSQL may take the worse one."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, RawGitHubEvent._meta.db_table)
    whole = {tuple(c["columns"]) for c in found.values() if c["index"] and c["columns"]}
    begun = {columns[:n] for columns in whole for n in range(1, len(columns))}
    assert whole
    assert whole & begun == set()

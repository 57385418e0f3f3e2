"""What can't be undercut: decoding alone, and the database alone."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection, models
from django_jsonfield_backport.models import JSONField

from ingest.log.facts import NewEvent

# One row of a pull request from its newest delivery, as far as SQL alone can say it.
FOLD = """
INSERT INTO bench_pull (repository_id, number, pr_id, title, state, created_at, merged_at, author, author_id,
    additions, deletions, changed_files, draft, head_ref, base_ref, updated_at)
SELECT DISTINCT ON (1, 2) (payload->'repository'->>'id')::bigint, (p->>'number')::int, (p->>'id')::bigint,
    p->>'title', p->>'state', (p->>'created_at')::timestamptz, (p->>'merged_at')::timestamptz,
    p->'user'->>'login', (p->'user'->>'id')::bigint, (p->>'additions')::int, (p->>'deletions')::int,
    (p->>'changed_files')::int, (p->>'draft')::boolean, p->'head'->>'ref', p->'base'->>'ref',
    (p->>'updated_at')::timestamptz
FROM bench_json, LATERAL (SELECT payload->'pull_request' AS p) x
WHERE payload ? 'pull_request'
ORDER BY 1, 2, (p->>'updated_at')::timestamptz DESC
"""
TABLES = """
CREATE TABLE bench_json (id bigserial PRIMARY KEY, payload jsonb);
CREATE TABLE bench_created (id bigserial PRIMARY KEY, team_id bigint, event_type text, payload jsonb);
CREATE TABLE bench_pull (repository_id bigint, number int, pr_id bigint, title text, state text,
    created_at timestamptz, merged_at timestamptz, author text, author_id bigint,
    additions int, deletions int, changed_files int, draft boolean,
    head_ref text, base_ref text, updated_at timestamptz,
    PRIMARY KEY (repository_id, number));
"""


class Json(models.Model):
    team_id = models.BigIntegerField()
    event_type = models.TextField()
    payload = JSONField()

    class Meta:
        app_label = "bench"
        db_table = "bench_created"
        managed = False

    def __str__(self) -> str:
        return str(self.pk)


def decode(events: Sequence[NewEvent]) -> None:
    for event in events:
        json.loads(event.body)


def make_tables(events: Sequence[NewEvent]) -> None:
    """`bench_json` with all bodies, as the floor reads them; `bench_created` for `fill`."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for event in events:
            cursor.execute("INSERT INTO bench_json (payload) VALUES (%s)", [event.body.decode()])
        cursor.execute("ANALYZE bench_json")


def fill(events: Sequence[NewEvent]) -> None:
    """`bulk_create` into a jsonb column."""
    rows = (Json(team_id=1, event_type=e.event_type, payload=json.loads(e.body)) for e in events)
    Json._default_manager.bulk_create(rows, batch_size=500)


def fold() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_pull")
        cursor.execute(FOLD)

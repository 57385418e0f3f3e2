"""PostgreSQL, which knows the tables: a chunk of keys is never merged with all rows of a team."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from apps import sql
from apps.metrics.projection import shared_commits
from apps.teams.factories import TeamFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(sql.is_sqlite(), reason="the plans of PostgreSQL"),
]
LINKS, KEYS = 20_000, 450


def test_the_links_of_a_chunk_are_no_matter_of_the_teams_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a merge by the team alone, each chunk of a replay compared its keys with every link there is."""
    team = TeamFactory.create()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO metrics_pullrequestcommit (team_id, github_repo_id, number, sha, facts, removed)"
            " SELECT %s, 1, n / 3, lpad(n::text, 40, '0'), repeat('f', 300), false"
            " FROM generate_series(1, %s) n",
            [team.pk, LINKS],
        )
        cursor.execute("ANALYZE metrics_pullrequestcommit")
    asked: list[tuple[str, Any]] = []

    def select(model: Any, columns: Any, rest: str, params: Any) -> Any:
        asked.append((rest, params))
        return iter(())

    monkeypatch.setattr(sql, "select", select)
    shared_commits._links_of_commits([(team.pk, f"{n:040}") for n in range(KEYS)])
    shared_commits._links_of_streams([(team.pk, 1, n) for n in range(KEYS)])
    for rest, params in asked:
        with sql.cursor() as cursor:
            cursor.execute(f"EXPLAIN SELECT t.id, t.facts {rest}", params)
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "Merge Join" not in plan, plan

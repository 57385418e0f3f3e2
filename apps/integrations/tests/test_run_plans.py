"""What a change of a run reads does not grow with the runs that were."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps import sql
from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.listeners import refresh, sync_status
from apps.integrations.services.runs.lanes import lanes
from apps.integrations.services.runs.leftover import cancel_leftover
from ingest.backfill.starting import active
from ingest.models import Run

pytestmark = pytest.mark.django_db

REPOSITORIES, RUNS = 40, 60
TABLE = Run._meta.db_table


@pytest.fixture
def integration():
    """Its repositories were synced often; of one the last run failed."""
    integration = GitHubIntegrationFactory()
    tracked = [TrackedRepositoryFactory(integration=integration) for _ in range(REPOSITORIES)]
    Run.objects.bulk_create(
        Run(team=integration.team, kind="backfill", github_repo_id=one.github_repo_id, state="complete")
        for _ in range(RUNS)
        for one in tracked
    )
    if not sql.is_sqlite():
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return integration


def plans(action):
    """Of each query of runs that it makes, its plan."""
    with CaptureQueriesContext(connection) as asked:
        action()
    found = []
    for query in asked.captured_queries:
        statement = query["sql"]
        if statement.startswith("SELECT") and TABLE in statement:
            with connection.cursor() as cursor:
                explain = "EXPLAIN QUERY PLAN" if sql.is_sqlite() else "EXPLAIN"
                cursor.execute(f"{explain} {statement.replace('%', '%%')}")
                found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return found


def whole(plan):
    """Whether all runs are read, or more of them than are wanted and then sorted."""
    lines = [line.strip() for line in plan.splitlines()]
    scans = (f"Seq Scan on {TABLE}", "SCAN U0", "SCAN " + TABLE, "TEMP B-TREE", "Sort")
    return [line for line in lines if any(scan in line for scan in scans)]


def test_the_status_is_one_statement_by_an_index(integration):
    (plan,) = plans(lambda: sync_status(integration))
    assert plan.count("ingest_run_of_repository") == 2, plan
    assert not whole(plan), plan


def test_all_that_follows_from_a_run_is_looked_up(integration):
    tracked = integration.tracked_repositories.first()
    found = plans(lambda: refresh(integration, tracked))
    assert len(found) == 2
    assert all("ingest_run_of_repository" in plan for plan in found), found
    assert not any(map(whole, found)), found


def test_runs_that_are_not_over_are_not_looked_for_among_those_that_are(integration):
    tracked = integration.tracked_repositories.first()
    for action in (lanes, cancel_leftover, lambda: active(tracked.team, tracked.github_repo_id)):
        found = plans(action)
        assert found
        for plan in found:
            assert f"Seq Scan on {TABLE}" not in plan, plan
            assert f"SCAN {TABLE}" not in plan, plan


def test_lanes_come_from_the_runs_that_are_not_over(integration):
    """SQLite took the index of each repository's runs, and read them all."""
    if not sql.is_sqlite():
        pytest.skip("PostgreSQL knows how few are not over")
    (plan,) = plans(lanes)
    assert "ingest_run_of_state" in plan, plan

"""A repository's rows are found by an index when it gets a name: a team may have a million of others."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps import sql
from apps.metrics.factories import CommitFactory, PullRequestFactory
from apps.metrics.models import Commit, PullRequest
from apps.metrics.projection.bindings import bind_names
from apps.teams.factories import TeamFactory
from tests.planner import forget

pytestmark = pytest.mark.django_db

REPOSITORIES = 200
ROWS = 20
WANTED = {PullRequest: "unique_team_pr_number", Commit: "metrics_commit_repository"}


@pytest.fixture
def team():
    """Of many repositories, with what the database likes to know of its tables."""
    team = TeamFactory()
    place = {"team_id": team.pk, "author_id": None, "github_repo": "acme/one-of-many"}
    pulls, commits = [], []
    for n in range(REPOSITORIES * ROWS):
        repository = 1 + n % REPOSITORIES
        pulls.append(PullRequest(**place, github_repo_id=repository, number=n + 1, github_pr_id=n))
        commits.append(Commit(**place, github_repo_id=repository, number=n + 1, github_sha=f"{n:040x}"))
    PullRequest.objects.bulk_create(pulls, batch_size=500)
    Commit.objects.bulk_create(commits, batch_size=500)
    return team


def plans(statements):
    explain = "EXPLAIN QUERY PLAN" if sql.is_sqlite() else "EXPLAIN"
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(f"{explain} {statement}")
            yield "\n".join(str(column) for row in cursor.fetchall() for column in row)


@pytest.mark.parametrize("analyzed", [True, False])
def test_a_new_name_is_given_by_an_index(team, analyzed):
    for model in WANTED:
        forget(model._meta.db_table)
    if analyzed:
        with connection.cursor() as cursor:
            # Of these alone: how large it found the others would outlive the test.
            for model in WANTED:
                cursor.execute(f"ANALYZE {model._meta.db_table}")
    with CaptureQueriesContext(connection) as asked:
        assert bind_names(team.pk, 7, "acme/renamed") == 2 * ROWS
    statements = [query["sql"] for query in asked if query["sql"].startswith("UPDATE")]
    assert len(statements) == len(WANTED)
    for model, statement, plan in zip(WANTED, statements, plans(statements), strict=True):
        assert model._meta.db_table in statement
        assert WANTED[model] in plan or by_unique(model, plan), plan


def by_unique(model, plan):
    """SQLite has names of its own for the indexes of constraints, and says which columns are compared."""
    found = re.search(r"USING INDEX sqlite_autoindex_\w+ \((.*)\)", plan)
    return bool(found) and "github_repo_id=?" in found[1] and model is PullRequest


def test_other_repositories_and_teams_keep_their_names(team):
    other = PullRequestFactory(github_repo_id=7, github_repo="acme/other")
    CommitFactory(pull_request=other)
    bind_names(team.pk, 7, "acme/renamed")
    for model in WANTED:
        assert model.objects.filter(github_repo="acme/renamed").count() == ROWS
        assert model.for_team(other.team).get().github_repo == "acme/other"

"""What the pages ask is found by indexes: the plans of PostgreSQL, with what it knows of large tables."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.metrics.models import PullRequest
from apps.teams.factories import MembershipFactory
from ingest.models import AuditLine, ParkedEvent, RawGitHubEvent, Run, Stream
from ingest.pages.tests.large_log import multiply
from tests.payloads import REPOSITORY_ID, delivered, delivery, fetched, merged, moment
from tests.processed import store, store_and_process

pytestmark = [pytest.mark.django_db, pytest.mark.skipif("connection.vendor != 'postgresql'")]

TIMES = 3000
LARGE = [model._meta.db_table for model in (RawGitHubEvent, Stream, PullRequest, AuditLine)]
PULL = f"pulls/{REPOSITORY_ID}/7/"
PAGES = [
    "",
    "pulls/",
    "pulls/?after=9~2026-03-02T09:00:00%2B00:00",
    PULL,
    "operate/",
    "audit/",
    "audit/?before=9000",
    "replays/",
    "replays/new/",
]


@pytest.fixture
def large(client):
    """A team with some 12,000 pull requests, 24,000 events and as many lines in its audit."""
    team = MembershipFactory(team__slug="large", role="admin").team
    fill(team)
    multiply(TIMES)
    changed = ("id", "number", "github_pr_id", "pr_created_at")
    columns = [f.column for f in PullRequest._meta.fields if f.column not in changed]
    named = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO metrics_pullrequest (number, github_pr_id, pr_created_at, {named}) "
            "SELECT number + g * 10000, github_pr_id + g::bigint * 1000000, "
            f"pr_created_at + g * interval '1 hour', {named} "
            "FROM metrics_pullrequest, generate_series(1, %s) g",
            [TIMES],
        )
    AuditLine.objects.bulk_create(
        AuditLine(team=team, who="x", action="view payload", detail={"event": n}) for n in range(20_000)
    )
    return team


def fill(team):
    store_and_process(
        team,
        *(fetched(merged(number)) for number in (1, 2, 3, 7)),
        *(delivered(delivery(merged(number)), moment(hours=number)) for number in (1, 2, 3, 7)),
        delivered(b"[]", event_type="pull_request"),
    )
    store(team, delivered(delivery(merged(2), "reopened"), moment(hours=90)))
    Run.objects.create(team=team, kind="replay", state="complete", scope={"team": team.slug})


def whole_reads(client, path: str):
    """The tables that are read from the beginning to the end."""
    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    for query in asked.captured_queries:
        if (query["sql"] or "").startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {query['sql']}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
            for table in LARGE:
                if f"Seq Scan on {table} " in plan:
                    yield path, table, query["sql"], plan


def analyze():
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def shown(found) -> str:
    return "\n\n".join("\n".join(one) for one in found)


def test_a_small_team_beside_a_large_one_reads_its_own_rows_only(client, large):
    membership = MembershipFactory(team__slug="small", role="admin")
    client.force_login(membership.user)
    fill(membership.team)
    analyze()
    found = [one for page in PAGES for one in whole_reads(client, f"/a/small/{page}")]
    assert not found, shown(found)


def test_a_large_team_reads_by_keys(client, large):
    client.force_login(large.memberships.get().user)
    analyze()
    # Sums over all of its own rows are the exceptions: the overview's, and those of its streams.
    pages = [page for page in PAGES if page]
    found = [one for page in pages for one in whole_reads(client, f"/a/large/{page}")]
    found = [one for one in found if not (one[1] == "ingest_stream" and "SUM(" in one[2])]
    # Nor does it matter where the first 10,000 are counted.
    found = [one for one in found if "COUNT(*) FROM (SELECT" not in one[2]]
    assert not found, shown(found)


def test_the_admin_reads_a_page_only(client, large):
    membership = large.memberships.get()
    membership.user.is_staff = membership.user.is_superuser = True
    membership.user.save()
    client.force_login(membership.user)
    analyze()
    event = RawGitHubEvent.objects.exclude(delivery_id=None).first()
    assert ParkedEvent.objects.count() == 1
    pages = [f"ingest/rawgithubevent/{query}" for query in ("", f"?q={event.delivery_id}", f"?q={'a' * 40}")]
    pages += ["ingest/stream/", f"ingest/stream/?q={REPOSITORY_ID}%237", "ingest/auditline/?q=5"]
    pages += ["metrics/pullrequest/?q=99999999999"]
    assert admin.site.is_registered(Stream)
    counted = "LIMIT 10000"
    found = [one for page in pages for one in whole_reads(client, f"/admin/{page}")]
    found = [one for one in found if counted not in one[2]]
    assert not found, shown(found)

"""No filter that the list offers reads the whole log: the plans of PostgreSQL, with what it knows of a large
log. The bounds of looking and counting are as small to this log as they are to one of 1,000,000 events."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingest.inspection import browsing, leading
from ingest.models import RawGitHubEvent
from tests.payloads import (
    commit,
    delivered,
    delivery,
    fetched,
    moment,
    pull_request,
    repository,
    review,
    review_delivery,
    sha_of,
    user,
)
from tests.processed import store, store_and_process

from .large_log import multiply

pytestmark = pytest.mark.skipif("connection.vendor != 'postgresql'")

REPOSITORIES = [repository(f"acme/shop{n}", id=4_000_000_001 + n) for n in range(6)]
TIMES = 250


@pytest.fixture
def log(team):
    """Some 38,000 events of 6 repositories and 7 people."""
    events = []
    for n, repo in enumerate(REPOSITORIES):
        for number in range(1, 7):
            who = {"sender": user(f"user{number}"), "repository": repo}
            found = pull_request(number, repo=repo)
            at = moment(hours=24 * n + number)
            one = review(9_000_000_000 + 10 * n + number)
            events += [
                delivered(delivery(found, "opened", **who), at),
                delivered(delivery(pull_request(number, repo=repo, title="x"), "edited", **who), at),
                delivered(review_delivery(one, of=found, **who), at),
                fetched(
                    commit(f"c{n}-{number}"),
                    at,
                    number=number,
                    repository_id=repo["id"],
                    repository=repo["full_name"],
                ),
            ]
    store_and_process(team, *events)
    multiply(TIMES)
    store_and_process(team, delivered(delivery(pull_request(8, id="x"), "closed"), moment(hours=4)))
    store(team, delivered({"repository": repository(), "a": 1}, moment(hours=5), "star"))
    store(team, delivered(delivery(pull_request(9), "opened", sender=user("dave")), moment(hours=6)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


QUERIES = [
    "",
    "?before=20000",
    "?after=20000",
    "?source=rest",
    "?source=import",
    "?type=star",
    "?type=pull_request_review",
    "?type=none",
    "?action=closed",
    "?action=opened",
    "?type=pull_request&action=closed",
    "?repo=4000000002",
    "?repo=99",
    "?repo=4000000002&number=2",
    "?number=2",
    "?number=77777",
    "?actor=dave",
    "?actor=user3",
    "?actor=nobody",
    "?actor=user3&type=star",
    "?actor=user3&repo=4000000002&source=webhook",
    "?repo=4000000002&type=star",
    "?run=5",
    "?run=5&type=star",
    "?status=processed",
    "?status=pending",
    "?status=parked",
    "?status=skipped",
    "?status=ignored",
    "?status=unhandled",
    "?status=parked&status=pending&repo=4000000001",
    "?status=parked&status=processed",
    "?status=pending&actor=dave",
    "?since=2026-04-01&until=2026-04-20",
    # One of most of the log is read along the index of times, once that is vacuumed (`PAGES=1 make bench`).
    "?since=2050-01-01",
    "?until=2026-03-03",
    "?until=2026-03-03&type=star",
    "?since=2026-04-01&until=2026-04-20&repo=4000000002",
    "?since=2026-04-01&until=2026-04-20&status=unhandled",
    f"?q={sha_of('c1-2')}",
    f"?q={sha_of('c1-2')[:7]}",
    "?q=9000000012",
    "?q=00000000-0000-1000-8000-000000000000",
    "?q=user4",
    "?payload=action%3Dclosed&actor=dave",
]


def plans(queries):
    """Of those that were asked of the log."""
    with connection.cursor() as cursor:
        for query in queries:
            sql = query["sql"] or ""
            if sql.startswith("SELECT") and "ingest_rawgithubevent" in sql:
                yield sql, "\n".join(row[0] for row in explain(cursor, sql))


def explain(cursor, sql):
    """One whose values were sent beside it is planned for any values, as it is once it is kept."""
    places = {int(place) for place in re.findall(r"\$([0-9]+)", sql)}
    if not places:
        cursor.execute(f"EXPLAIN {sql}")
        return cursor.fetchall()
    cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    cursor.execute(f"PREPARE probe AS {sql}")
    cursor.execute(f"EXPLAIN EXECUTE probe({', '.join(['NULL'] * max(places))})")
    plan = cursor.fetchall()
    cursor.execute("DEALLOCATE probe")
    cursor.execute("RESET plan_cache_mode")
    return plan


def test_no_list_reads_the_whole_log(client, log, monkeypatch):
    for module in (leading, browsing):
        monkeypatch.setattr(module, "LOOK", 760)
    monkeypatch.setattr(browsing, "COUNTED", 380)
    event = RawGitHubEvent.objects.filter(event_type="pull_request", number=20003).first()
    pages = [f"/a/ours/events/{query}" for query in QUERIES]
    pages += [f"/a/ours/events/{event.pk}/{part}" for part in ("", "payload/", "diff/")]
    pages.append(f"/a/ours/events/timeline/{event.repository_id}/{event.number}/")
    read_all = []
    for page in pages:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200
        for sql, plan in plans(asked.captured_queries):
            # The second: along the ids from one end of the log, until something fits.
            if "Seq Scan on ingest_rawgithubevent" in plan or "Index Cond: (id IS NOT NULL)" in plan:
                read_all.append((page, sql, plan))
    assert not read_all, "\n\n".join("\n".join(one) for one in read_all)


def test_nothing_is_compiled_for_a_query_of_milliseconds(db):
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)

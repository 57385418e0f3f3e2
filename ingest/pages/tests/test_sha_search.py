"""A commit by its sha, or by the beginning of it as GitHub shows it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps import sql
from apps.metrics.models import PullRequestCommit
from apps.teams.factories import TeamFactory
from ingest.inspection import browsing, holding, leading
from ingest.models import RawGitHubEvent
from ingest.pages.filters import Filters
from tests.nodes import commit_node, fetched_node, node, page
from tests.payloads import commit, delivered, delivery, fetched, moment, pull_request, sha_of
from tests.processed import store_and_process

LIST = "/a/ours/events/"
SHA = sha_of("head 7")
EVENTS, LINKS = "ingest_event_of_object", "metrics_link_sha"


@pytest.fixture
def events(team):
    """The head of #7, another commit of it, and the same head in another team."""
    opened = delivered(delivery(pull_request(), "opened"), moment(hours=1))
    at = moment(hours=2)
    for one in (team, TeamFactory(slug="theirs")):
        store_and_process(one, opened, fetched(commit("head 7"), at), fetched(commit("c1-2"), at))
    return RawGitHubEvent.for_team(team)


def shown(client, text):
    """The events that the list shows, and where it says that the commit is."""
    answer = client.get(LIST, {"q": text}).text
    rows = re.findall(r'data-name="Event"><a href="/a/ours/events/(\d+)/', answer)
    held = re.search(r'<ul class="list" aria-label="Pull requests.*?</ul>', answer, re.DOTALL)
    return [int(pk) for pk in rows], re.findall(r"timeline/(\d+/\d+)/", held[0] if held else "")


@pytest.mark.parametrize("text", [SHA, SHA[:7], SHA[:7].upper(), SHA[:12], SHA[:39]])
def test_it_is_found(client, events, text):
    assert shown(client, text) == ([events.get(object_id=SHA).pk], ["4000000001/7"])


@pytest.mark.parametrize("text", [SHA[:6] + "0", SHA[:39] + "0", SHA[1:9]])
def test_another_is_not(client, events, text):
    assert shown(client, text) == ([], [])


def test_by_graphql_it_is_inside_its_pull_request(client, team):
    commits = page(commit_node("head 7"))
    store_and_process(team, fetched_node(node(commits=commits), moment(hours=1)))
    for text in (SHA, SHA[:7]):
        assert shown(client, text) == ([], ["4000000001/7"])


def test_so_many_pull_requests_are_named(client, team, monkeypatch):
    monkeypatch.setattr(holding, "MOST", 1)
    for number in (7, 8):
        store_and_process(team, fetched(commit("head 7"), moment(hours=1), number=number))
    assert shown(client, SHA[:7])[1] == ["4000000001/7"]
    assert "and in more pull requests" in client.get(LIST, {"q": SHA[:7]}).text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("f8d3599", "short sha"),
        ("F8D3599", "short sha"),
        (SHA[:39], "short sha"),
        (SHA, "sha"),
        (SHA + "0", "login"),
        ("f8d359", "login"),
        ("deadbeef", "login"),
        ("@f8d3599", "login"),
        ("f8d359x", "login"),
        ("1234567", "number of a pull request"),
    ],
)
def test_what_is_taken_for_one(text, kind):
    assert Filters({"q": [text]}).searched_as() == kind


def test_it_is_found_however_old_it_is(client, events, monkeypatch):
    for module in (leading, browsing):
        monkeypatch.setattr(module, "LOOK", 1)
    assert shown(client, SHA[:7])[0] == [events.get(object_id=SHA).pk]


def plans(asked, column):
    """Of the statements that compare this column with something that is looked for."""
    explain = "EXPLAIN QUERY PLAN" if sql.is_sqlite() else "EXPLAIN"
    for statement in [one["sql"] for one in asked.captured_queries]:
        if re.search(rf'"{column}"(::text)? (=|>=|LIKE) ', statement):
            with connection.cursor() as cursor:
                cursor.execute(f"{explain} {statement}")
                yield "\n".join(row[-1] for row in cursor.fetchall())


@pytest.mark.skipif("connection.vendor != 'sqlite'")
@pytest.mark.parametrize("text", [SHA, SHA[:7]])
def test_sqlite_looks_events_up_by_an_index(client, events, text):
    """PostgreSQL takes one for a large log only: `test_plans`."""
    with CaptureQueriesContext(connection) as asked:
        client.get(LIST, {"q": text})
    found = list(plans(asked, "object_id"))
    assert found
    assert all(EVENTS in plan for plan in found), found


@pytest.mark.parametrize("text", [SHA, SHA[:7]])
def test_pull_requests_are_looked_up_by_an_index(team, text):
    links = [
        PullRequestCommit(team=team, github_repo_id=5, number=n, sha=sha_of(f"head {n}"), facts="{}")
        for n in range(3000)
    ]
    PullRequestCommit.objects.bulk_create(links)
    if not sql.is_sqlite():
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE metrics_pullrequestcommit")
    with CaptureQueriesContext(connection) as asked:
        assert [one.number for one in holding.holding(team, text).commits] == [7]
    (plan,) = plans(asked, "sha")
    assert LINKS in plan, plan


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_the_locale_of_the_database_does_not_matter(db):
    """The server of the tests compares by bytes, so that no plan shows it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%varchar_pattern_ops%' ORDER BY 1"
        )
        found = {row[0] for row in cursor.fetchall()}
    assert found >= {EVENTS, LINKS}

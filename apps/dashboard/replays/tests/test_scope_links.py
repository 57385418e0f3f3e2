"""Every form and link that makes a scope, as the pages have them: a wrong name would select too much."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.http import QueryDict

from apps.dashboard.replays.forms import ScopeForm
from ingest.models import ParkedEvent, RawGitHubEvent, Run, Stream
from ingest.pages.filters import NAMES
from tests.payloads import REPOSITORY_ID, fetched, merged, repository
from tests.processed import store, store_and_process

from .conftest import forms_of

pytestmark = pytest.mark.django_db

PULL = f"/a/ours/pulls/{REPOSITORY_ID}/3/"
ONE = {"team": "ours", "repo": str(REPOSITORY_ID), "pr": 3}


@pytest.fixture
def another_repository(team):
    """With a pull request of the same number."""
    name, pk = "acme/other", REPOSITORY_ID + 1
    found = merged(3, repo=repository(name, id=pk))
    store_and_process(team, fetched(found, repository=name, repository_id=pk))
    assert Stream.objects.filter(number=3).count() == 2


@pytest.mark.parametrize(("mode", "scope"), [("dry-run", {**ONE, "mode": "dry-run"}), ("replay", ONE)])
def test_a_pull_requests_page_replays_it_alone(
    client, team, pulls, another_repository, begin, work, mode, scope
):
    run = work(begin(mode, **forms_of(client.get(PULL).text, mode)))
    assert run.scope == scope
    assert run.report["streams"] == 1


@pytest.mark.parametrize("wrong", ["repository", "pr", "Repo", "x" * 500])
def test_a_name_that_no_scope_has_begins_nothing(client, team, pulls, wrong):
    answer = client.post("/a/ours/replays/begin/", {"mode": "replay", "number": "3", wrong: "5"})
    assert answer.status_code == 400
    assert f"A scope has no field {wrong[:50]!r}, so nothing is selected." in unescape(answer.text)
    assert "Its fields are status, repo, number" in answer.text
    assert len(answer.text) < 50_000
    assert not Run.objects.exists()


def test_what_stands_beside_a_scope_is_no_field(client, team, pulls, begin):
    beside = {"csrfmiddlewaretoken": "x", "typed": "", "before": "9", "after": "1", "page": "2"}
    assert begin("replay", repo=str(REPOSITORY_ID), number="3", **beside).scope == ONE


def test_every_link_to_a_scope_has_its_names(client, team, pulls, parked):
    store(team, fetched(merged(9)))
    Stream.objects.filter(number=4).update(version=0)
    event = RawGitHubEvent.objects.get(number=3)
    [group] = re.findall(r'href="(/a/ours/operate/parked/\w+/)"', client.get("/a/ours/operate/").text)
    client.post("/a/ours/replays/begin/", {"mode": "replay", "number": "3"})
    pages = [
        PULL,
        group,
        "/a/ours/",
        "/a/ours/operate/",
        "/a/ours/events/?type=pull_request&source=rest&number=3",
        f"/a/ours/events/{event.pk}/",
        f"/a/ours/events/{ParkedEvent.objects.get().event_id}/",
        f"/a/ours/events/timeline/{REPOSITORY_ID}/3/",
        "/a/ours/replays/",
        "/a/ours/replays/new/",
        f"/a/ours/replays/{Run.objects.get().pk}/",
    ]
    found = [link for page in pages for link in links_of(page, client.get(page).text)]
    lists = [query for path, query in found if path == "/a/ours/events/"]
    scopes = [query for path, query in found if path == "/a/ours/replays/new/"]
    assert len(lists) > 5
    assert len(scopes) > 5
    for query in lists:
        assert {name for name, _ in parse_qsl(query)} <= {*NAMES, "before", "after"}, query
    for query in scopes:
        form = ScopeForm(team, QueryDict(query))
        assert form.is_valid(), (query, form.errors)


def links_of(page: str, text: str) -> list[tuple[str, str]]:
    """Path and query of each."""
    links = [urlsplit(unescape(link)) for link in re.findall(r'href="([^"]+)"', text)]
    return [(link.path or urlsplit(page).path, link.query) for link in links if link.query]

"""The list of events: its columns, filters and pages."""

import re

import pytest

from apps.teams.factories import TeamFactory
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
from tests.processed import dump, store, store_and_process

LIST = "/a/ours/events/"


def ids(client, query=""):
    """Of the events that the list shows, in its order."""
    answer = client.get(f"{LIST}{query}")
    assert answer.status_code == 200
    return [
        int(found) for found in re.findall(r'data-name="Event"><a href="/a/ours/events/(\d+)/', answer.text)
    ]


@pytest.fixture
def events(team):
    """By name: opened, review, commit, parked, push, pending."""
    opened = delivered(delivery(pull_request(), "opened", sender=user("Carol")), moment(hours=1))
    store_and_process(team, opened, delivered(review_delivery(review(), sender=user("bob")), moment(hours=2)))
    store_and_process(team, fetched(commit("head 7"), moment(hours=3)))
    store_and_process(team, delivered(delivery(pull_request(8, id="x"), "closed"), moment(hours=4)))
    store(team, delivered({"repository": repository(), "sender": user("bob")}, moment(hours=5), "push"))
    store(team, delivered(delivery(pull_request(9), "opened", sender=user("dave")), moment(hours=6)))
    store(TeamFactory(slug="theirs"), delivered(delivery(pull_request(), "opened"), moment(hours=7)))
    found = RawGitHubEvent.for_team(team).order_by("id").values_list("pk", flat=True)
    return dict(zip(("opened", "review", "commit", "parked", "push", "pending"), found, strict=True))


FILTERS = {
    "": ["pending", "push", "parked", "commit", "review", "opened"],
    "?source=rest": ["commit"],
    "?type=pull_request": ["pending", "parked", "opened"],
    "?type=pull_request&action=opened": ["pending", "opened"],
    "?action=closed": ["parked"],
    "?repo=acme/shop&number=7": ["commit", "review", "opened"],
    "?number=8": ["parked"],
    "?actor=carol": ["opened"],
    "?status=parked": ["parked"],
    "?status=pending": ["pending"],
    "?status=skipped": [],
    "?status=ignored": ["push"],
    "?status=parked&status=pending": ["pending", "parked"],
    "?status=processed&source=webhook": ["review", "opened"],
    "?since=2026-03-02T12:00&until=2026-03-02T14:00": ["parked", "commit"],
    "?until=2026-03-02T10:30&actor=carol": ["opened"],
    "?until=2020-01-01": [],
    "?q=7": ["commit", "review", "opened"],
    "?q=%23007": ["commit", "review", "opened"],
    "?q=@Dave": ["pending"],
    f"?q={sha_of('head 7')}": ["commit"],
    f"?q={sha_of('head 7').upper()}": ["commit"],
    "?q=9000000001": ["review"],
    "?q=nobody": [],
    "?run=5": [],
    "?actor=a%00b%FF": [],
}


@pytest.mark.parametrize(("query", "names"), FILTERS.items(), ids=FILTERS)
def test_filters_select(client, events, query, names):
    assert ids(client, query) == [events[name] for name in names]


def test_a_delivery_is_found_by_its_id(client, events):
    wanted = RawGitHubEvent.objects.get(pk=events["review"]).delivery_id
    assert ids(client, f"?q={wanted.upper()}") == [events["review"]]


def test_a_row_shows_what_there_is_to_know(client, events):
    text = client.get(f"{LIST}?q=bob&type=pull_request_review").text
    row = re.sub(r"<[^>]+>", " ", text.partition("<tbody>")[2].partition("</tbody>")[0]).split()
    size = RawGitHubEvent.objects.get(pk=events["review"]).size
    assert row == [
        str(events["review"]),
        *("2026-03-02", "11:00", "webhook", "pull_request_review.submitted", "acme/shop", "#7", "bob"),
        *(f"{size / 1000:.1f}", "KB", "processed"),
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?source=fax", "No source is called"),
        ("?status=lost", "No status is called"),
        ("?number=seven", "is no number"),
        ("?number=99999999999", "is no number"),
        ("?number=0", "is no number"),
        ("?since=yesterday", "is no time like"),
        ("?since=2026-02-01&until=2026-01-01", "begins after its end"),
        ("?repo=acme/none", "No repository is called"),
        ("?actor=bob&q=alice", "name two different values"),
        ("?payload=a%20b", "is no path like"),
    ],
)
def test_what_makes_no_sense_is_said(client, events, query, said):
    answer = client.get(f"{LIST}{query}")
    assert said in answer.text
    assert "<tbody>" not in answer.text


def test_each_filter_is_a_chip_that_can_be_taken_away(client, events):
    text = client.get(f"{LIST}?status=parked&status=pending&type=pull_request").text
    chips = re.search(r'<ul class="chips".*?</ul>', text, re.DOTALL)[0]
    assert set(re.findall(r'href="([^"]+)"', chips)) == {
        "/a/ours/events/?type=pull_request&amp;status=pending",
        "/a/ours/events/?type=pull_request&amp;status=parked",
        "/a/ours/events/?status=parked&amp;status=pending",
    }


def test_a_repository_is_named_on_its_chip(client, events):
    text = client.get(f"{LIST}?repo=4000000001").text
    assert "repository: <bdi>acme/shop</bdi>" in text


def test_pages_go_forth_and_back_and_new_events_move_nothing(client, team, monkeypatch):
    monkeypatch.setattr("ingest.pages.listing.ON_A_PAGE", 2)
    pushes = [delivered({"n": n, "repository": repository()}, moment(hours=n), "push") for n in range(1, 8)]
    store(team, *pushes[:5])
    seen, query, queries = [], "", []
    while query is not None:
        if seen:
            store(team, pushes[5])
        answer = client.get(f"{LIST}{query}").text
        seen.append(ids(client, query))
        queries.append(query)
        older = re.search(r'rel="next" href="([^"]+)"', answer)
        query = older[1].replace("&amp;", "&") if older else None
    first = RawGitHubEvent.objects.order_by("pk").first().pk
    assert seen == [[first + 4, first + 3], [first + 2, first + 1], [first]]
    newer = re.search(r'rel="prev" href="([^"]+)"', client.get(f"{LIST}{queries[-1]}").text)[1]
    assert ids(client, newer) == [first + 2, first + 1]
    # At the top the page is full again, with what came meanwhile.
    top = re.search(r'rel="prev" href="([^"]+)"', client.get(f"{LIST}?before={first + 5}").text)[1]
    assert ids(client, top) == [first + 5, first + 4]


def test_filters_stay_from_page_to_page(client, team, monkeypatch):
    monkeypatch.setattr("ingest.pages.listing.ON_A_PAGE", 1)
    store(team, *(delivered({"n": n, "sender": user("x&y")}, moment(hours=n), "push") for n in (1, 2)))
    answer = client.get(f"{LIST}?actor=x%26y").text
    assert 'rel="next" href="?actor=x%26y&amp;before=' in answer


@pytest.mark.parametrize("look", [1, 2, 3])
def test_a_list_looks_only_so_far_and_says_so(client, events, monkeypatch, look):
    monkeypatch.setattr(leading, "LOOK", look)
    monkeypatch.setattr(browsing, "LOOK", look)
    answer = client.get(f"{LIST}?source=rest").text
    assert f"0 events among the newest {look} that were looked through" in " ".join(answer.split())
    seen, query = [], "?source=rest"
    while query:
        seen += ids(client, query)
        further = re.search(r'rel="next" href="([^"]+)">Look further', client.get(f"{LIST}{query}").text)
        query = further[1].replace("&amp;", "&") if further else ""
    assert seen == [events["commit"]]


def test_the_part_with_few_events_leads(client, events, monkeypatch):
    monkeypatch.setattr(leading, "LOOK", 2)
    monkeypatch.setattr(browsing, "LOOK", 2)
    assert ids(client, "?repo=4000000001&type=pull_request_review") == [events["review"]]
    assert ids(client, "?repo=4000000001&actor=carol&type=pull_request") == [events["opened"]]


def test_htmx_gets_the_list_alone(client, events):
    text = client.get(LIST, headers={"HX-Request": "true"}).text
    assert "<tbody>" in text
    assert "<html" not in text


def test_looking_at_the_list_writes_nothing(client, events):
    client.get(LIST)
    before = dump()
    for query in FILTERS:
        client.get(f"{LIST}{query}")
    assert dump() == before


def test_an_empty_log_says_what_will_be_here(client, team):
    assert "No events yet" in client.get(LIST).text

"""The number of each count on a page is the length of the list that it links to."""

import re
from html import unescape

import pytest

from ingest.inspection import browsing
from ingest.models import RawGitHubEvent
from ingest.replay.skipping import skip
from tests.payloads import delivered, delivery, moment, pull_request, repository, review, review_delivery
from tests.processed import store, store_and_process

LIST = "/a/ours/events/"
COUNT = re.compile(r'href="([^"]*\?[^"]*)"[^>]*>(?:[a-z]+ )?([\d,]+\+?)(?: events?)?</a>')


@pytest.fixture
def events(team):
    store_and_process(
        team,
        delivered(delivery(pull_request(), "opened"), moment(hours=1)),
        delivered(review_delivery(review()), moment(hours=2)),
        *(delivered(delivery(pull_request(n, id="x"), "opened"), moment(hours=n)) for n in (8, 9, 10)),
    )
    skip([RawGitHubEvent.objects.get(number=10).pk], "of no use", "a@example.com")
    store(team, delivered(delivery(pull_request(), "edited"), moment(hours=20)))
    store(team, delivered({"repository": repository()}, moment(hours=21), "push"))


def length(client, address):
    """All pages of a list."""
    found, query = 0, unescape(address.partition("?")[2])
    while query is not None:
        text = client.get(f"{LIST}?{query}").text
        found += len(re.findall(r'<th scope="row" data-name="Event">', text))
        older = re.search(r'rel="next" href="\?([^"]+)"', text)
        query = unescape(older[1]) if older else None
    return found


def test_each_count_of_the_list_is_the_length_of_its_list(client, events, monkeypatch):
    monkeypatch.setattr("ingest.pages.listing.ON_A_PAGE", 2)
    counts = dict(COUNT.findall(client.get(LIST).text))
    assert counts == {"?status=pending": "1", "?status=parked": "2", "?status=skipped": "1"}
    assert {address: str(length(client, address)) for address in counts} == counts


@pytest.mark.parametrize("query", ["", "status=parked", "type=pull_request", "number=7", "status=processed"])
def test_the_count_over_a_list_is_its_length(client, events, monkeypatch, query):
    monkeypatch.setattr("ingest.pages.listing.ON_A_PAGE", 2)
    text = client.get(f"{LIST}?{query}").text
    assert int(re.search(r'role="status">([\d,]+) events?,', text)[1]) == length(client, f"?{query}") > 0


def test_the_count_of_a_pull_requests_events_is_the_length_of_its_list(client, events):
    event = RawGitHubEvent.objects.filter(number=7).first()
    found = COUNT.findall(client.get(f"{LIST}{event.pk}/").text)
    [(address, number)] = [one for one in found if "number=" in one[0]]
    assert (number, length(client, address)) == ("3", 3)


def test_counting_ends(client, events, monkeypatch):
    monkeypatch.setattr(browsing, "COUNTED", 3)
    text = client.get(LIST).text
    assert re.search(r'role="status">3\+ events', text)
    monkeypatch.setattr(browsing, "COUNTED", 7)
    assert re.search(r'role="status">7 events', client.get(LIST).text)


def test_ten_thousand_and_more():
    assert str(browsing.Count(10_000, more=True)) == "10,000+"
    assert str(browsing.Count(10_000)) == "10,000"
    assert browsing.COUNTED == 10_000

"""Pages of the list of pull requests: each is asked for by the last row of the one before."""

import re
from datetime import timedelta
from html import unescape

import pytest

from apps.dashboard import keyset, listing
from apps.dashboard.listing import SORTS
from apps.metrics.factories import START, PullRequestFactory
from apps.metrics.models import PullRequest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)


def follow(client, query: str):
    """The numbers on each page, from `query` on by the links."""
    while query:
        answer = client.get(f"/a/ours/pulls/{query}")
        yield [pull.number for pull in answer.context["page"].pulls]
        link = re.search(r'rel="next" href="([^"]+)"', answer.text)
        query = unescape(link[1]) if link else ""


def make(team):
    """Equal, different and unknown values of every column that can be sorted by."""
    for number, (hours, value) in enumerate([(1, 5), (1, 5), (None, None), (2, None), (None, 7), (3, 5)], 1):
        created = None if hours is None else START + timedelta(hours=hours)
        PullRequestFactory(
            team=team,
            number=number,
            pr_created_at=created,
            pr_updated_at=created,
            cycle_time_hours=value,
            review_time_hours=value,
            size=value,
        )


@pytest.mark.parametrize("sort", SORTS)
def test_the_pages_together_are_the_list(client, team, sort):
    make(team)
    pages = list(follow(client, f"?state=open&sort={sort}"))
    found = [number for page in pages for number in page]
    assert [len(page) for page in pages] == [2, 2, 2]
    expected = {
        "": [5, 3, 6, 4, 2, 1],
        "updated": [6, 4, 2, 1, 5, 3],
        "size": [5, 6, 2, 1, 4, 3],
    }
    assert found == expected.get(sort, expected["size"])


def test_what_comes_in_meanwhile_moves_nothing(client, team):
    make(team)
    pages = follow(client, "?state=open&sort=updated")
    assert next(pages) == [6, 4]
    PullRequestFactory(team=team, number=99, pr_created_at=START + timedelta(days=9))
    assert next(pages) == [2, 1]


def test_the_filters_stay_on_the_next_page(client, team):
    make(team)
    PullRequest.objects.filter(number=4).update(state="closed")
    assert [n for page in follow(client, "?state=open&sort=updated&q=") for n in page][:3] == [6, 2, 1]
    assert (
        "state=open"
        in re.search(r'rel="next" href="([^"]+)"', client.get("/a/ours/pulls/?state=open").text)[1]
    )


@pytest.mark.parametrize(
    "after", ["x", "1", "~", "1~x", "1~2026-01-01", "9" * 40 + "~1", "1~NaN", "-1~", "1~1e99", "²~"]
)
@pytest.mark.parametrize("sort", ["", "size"])
def test_an_address_that_is_none_of_ours_is_no_error(client, team, after, sort):
    make(team)
    assert client.get("/a/ours/pulls/", {"after": after, "sort": sort}).status_code == 200


def test_a_large_count_is_not_counted_out(client, team, monkeypatch):
    make(team)
    assert "6 pull requests, the newest first" in client.get("/a/ours/pulls/").text
    monkeypatch.setattr(keyset, "COUNTED", 5)
    assert "5+ pull requests" in client.get("/a/ours/pulls/").text


@pytest.mark.parametrize(
    ("link", "count"),
    [("", 6), ("?state=open", 5), ("?state=merged", 1), ("?mark=revert", 2), ("?mark=hotfix", 0)],
)
def test_numbers_of_the_overview_are_those_of_the_lists(client, team, link, count):
    make(team)
    PullRequest.objects.filter(number=1).update(state="merged")
    PullRequest.objects.filter(number__in=(2, 3)).update(is_revert=True)
    told = re.search(rf'href="/a/ours/pulls/{re.escape(link)}"><b>(\d+)</b>', client.get("/a/ours/").text)
    assert int(told[1]) == count == client.get(f"/a/ours/pulls/{link}").context["page"].count.n

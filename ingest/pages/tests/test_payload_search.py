"""Searching by what stands at a place in payloads."""

import re
from urllib.parse import quote

import pytest

from apps.teams.factories import TeamFactory
from ingest.inspection import leading, places, searching
from ingest.inspection.searching import Condition, search
from ingest.models import RawGitHubEvent
from ingest.replay.scope import Scope
from tests.payloads import delivered, moment
from tests.processed import store

PAYLOAD = {
    "pull_request": {"user": {"login": "x"}, "labels": [{"name": "a"}, {"name": "b"}], "draft": True, "n": 1},
    "a.b": {"c": None},
    "text": 'say "x = y"',
}
TRUE = [
    'pull_request.user.login = "x"',
    "pull_request.user.login=x",
    "$.pull_request.user.login == x",
    "pull_request.labels[1].name = b",
    "pull_request.labels[*].name = b",
    "pull_request.draft = true",
    "pull_request.n = 1",
    "pull_request.n = 1.0",
    '["a.b"].c = null',
    '["a.b"].c',
    "pull_request.labels[0]",
    'text = say "x = y"',
    '$["text"] = "say \\"x = y\\""',
]
FALSE = [
    "pull_request.user.login = y",
    'pull_request.n = "1"',
    "pull_request.n = true",
    "pull_request.draft = 1",
    "pull_request.labels[0].name = b",
    "pull_request.labels[2]",
    "pull_request.labels.name = a",
    "pull_request.user.login.x",
    "a.b.c",
    "none = null",
]


@pytest.mark.parametrize("text", TRUE)
def test_it_holds(text):
    assert Condition.read(text).holds(PAYLOAD)


@pytest.mark.parametrize("text", FALSE)
def test_it_does_not_hold(text):
    assert not Condition.read(text).holds(PAYLOAD)


@pytest.mark.parametrize("text", ["", "a b", "a..b = 1", "[x]", '["a] = 1', "= 1"])
def test_what_is_no_path_is_refused_or_the_whole(text):
    if text in ("", "= 1"):
        assert Condition.read(text).path == ()
    else:
        with pytest.raises(places.BadPath):
            Condition.read(text)


@pytest.fixture
def pushes(team):
    """Five, of which 1 and 3 (from the oldest) are on main; the one before last is no JSON."""
    refs = ["x", "main", "x", "main", "x"]
    events = [delivered({"n": n, "ref": ref}, moment(hours=n), "push") for n, ref in enumerate(refs)]
    store(team, *events[:4], delivered(b'{"ref": "main"', moment(hours=7), "push"), events[4])
    store(TeamFactory(), delivered({"ref": "main"}, moment(hours=9), "push"))
    return list(RawGitHubEvent.for_team(team).order_by("id").values_list("pk", flat=True))


def found(client, query):
    answer = client.get(f"/a/ours/events/?{query}").text
    rows = re.findall(r'data-name="Event"><a href="/a/ours/events/(\d+)/', answer)
    said = re.search(r'role="status">(.*?)</p>', answer)[1]
    further = re.search(r'rel="next" href="\?([^"]+)"', answer)
    return [int(pk) for pk in rows], said, further and further[1].replace("&amp;", "&")


def test_it_finds_and_says_how_far_it_looked(client, pushes):
    ids, said, further = found(client, f"payload={quote('ref = main')}")
    assert ids == [pushes[3], pushes[1]]
    assert said == "2 found in 6 events read (1 of them no JSON), which is all of this filter."
    assert further is None


def test_it_reads_only_what_the_filters_leave(client, pushes):
    ids, said, _ = found(client, f"payload={quote('ref = main')}&until=2026-03-02T11:00")
    assert (ids, said) == ([pushes[1]], "1 found in 2 events read, which is all of this filter.")


def test_it_reads_so_many_and_goes_on_when_asked(client, pushes, monkeypatch):
    monkeypatch.setattr(searching, "LOOK", 2)
    monkeypatch.setattr(leading, "LOOK", 2)
    ids, said, further = found(client, "payload=ref%3Dmain")
    assert ids == []
    assert said == "0 found in 2 events read (1 of them no JSON); older ones were not looked at."
    ids, _, further = found(client, further)
    assert ids == [pushes[3]]
    ids, _, further = found(client, further)
    assert ids == [pushes[1]]
    assert further is None


def test_a_full_page_ends_it(client, pushes, monkeypatch):
    monkeypatch.setattr("ingest.pages.listing.ON_A_PAGE", 1)
    ids, _, further = found(client, "payload=ref%3Dmain")
    assert ids == [pushes[3]]
    assert found(client, further)[0] == [pushes[1]]


def test_time_ends_it(team, pushes):
    times = iter([0.0, *(n * searching.SECONDS / 2 for n in range(9))])
    got = search(team, Scope(team="ours"), Condition.read("ref = main"), clock=lambda: next(times))
    assert got.looked == 3
    rest = search(team, Scope(team="ours"), Condition.read("ref = main"), before=got.before)
    assert [e.id for e in (*got.events, *rest.events)] == [pushes[3], pushes[1]]
    assert got.looked + rest.looked == 6


def test_bodies_are_read_in_bounded_parts(team, pushes, monkeypatch):
    monkeypatch.setattr(searching, "AT_MOST", 2)
    got = search(team, Scope(team="ours"), Condition.read("ref = main"))
    assert [e.id for e in got.events] == [pushes[3], pushes[1]]

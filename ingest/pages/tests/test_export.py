"""The list as a bundle."""

import json

import pytest

from apps.teams.factories import TeamFactory
from ingest.inspection import leading, searching
from ingest.models import AuditLine, RawGitHubEvent
from tests.payloads import commit, delivered, delivery, fetched, moment, pull_request
from tests.processed import store

EXPORT = "/a/ours/events/export/"


@pytest.fixture
def events(team):
    store(
        team,
        delivered(delivery(pull_request(), "opened"), moment(hours=1)),
        fetched(commit("head 7"), moment(hours=2)),
        delivered({"ref": "main"}, moment(hours=3), "push"),
    )
    store(TeamFactory(), delivered({"ref": "theirs"}, moment(hours=4), "push"))
    return RawGitHubEvent.for_team(team)


def exported(client, query=""):
    answer = client.post(f"{EXPORT}{query}")
    assert answer.streaming
    return b"".join(answer)


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("", ["pull_request", "commit", "push"]),
        ("?source=webhook", ["pull_request", "push"]),
        ("?status=pending", ["pull_request", "commit"]),
        ("?payload=ref%3Dmain", ["push"]),
        ("?actor=nobody", []),
    ],
)
def test_it_holds_exactly_the_list(client, events, query, types):
    lines = [json.loads(line) for line in exported(client, query).splitlines()]
    assert [line["event_type"] for line in lines] == types


def test_it_is_a_file_of_the_same_bytes(client, events):
    answer = client.post(EXPORT)
    assert answer["Content-Disposition"] == 'attachment; filename="ours-events.ndjson"'
    bodies = [bytes(event.body) for event in events.order_by("id")]
    lines = b"".join(answer).splitlines()
    assert all(body in line for body, line in zip(bodies, lines, strict=True))


@pytest.mark.parametrize(("look", "types"), [(1, []), (2, ["commit"]), (3, ["commit"])])
@pytest.mark.parametrize("filters", ["", "&source=rest"])
def test_a_search_that_does_not_reach_all_says_so(client, events, monkeypatch, look, types, filters):
    """On the page, and by the name of the file: a bundle holds nothing but events."""
    for module in (leading, searching):
        monkeypatch.setattr(module, "LOOK", look)
    query, cut = f"?payload=sha{filters}", look < 3
    page = client.get(f"/a/ours/events/{query}").text
    assert (f"An export of this search looks through the newest {look} event" in page) is cut
    answer = client.post(f"{EXPORT}{query}")
    name = f"ours-events-among-the-newest-{look}.ndjson" if cut else "ours-events.ndjson"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert [json.loads(line)["event_type"] for line in b"".join(answer).splitlines()] == types


def test_without_a_search_all_goes_out(client, events, monkeypatch):
    for module in (leading, searching):
        monkeypatch.setattr(module, "LOOK", 1)
    assert "An export of this search" not in client.get("/a/ours/events/?source=webhook").text
    answer = client.post(f"{EXPORT}?source=webhook")
    assert answer["Content-Disposition"] == 'attachment; filename="ours-events.ndjson"'
    assert len(b"".join(answer).splitlines()) == 2


def test_who_exported_what_is_in_the_audit(client, admin, events):
    exported(client, "?source=webhook&payload=ref%3Dmain")
    line = AuditLine.objects.get(action="export events")
    assert line.who == admin.user.email
    assert line.detail == {"scope": {"team": "ours", "source": "webhook"}, "payload": "ref=main"}


def test_a_filter_that_makes_no_sense_exports_nothing(client, events):
    answer = client.post(f"{EXPORT}?source=fax")
    assert answer.status_code == 400
    assert "No source is called" in answer.text
    assert not AuditLine.objects.exists()

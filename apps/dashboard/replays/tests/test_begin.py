"""From the scope to a run: previewed, applied, verified."""

import re
from html import unescape

import pytest

from apps.metrics.models import PullRequest
from ingest.models import AuditLine, Run
from tests.payloads import REPOSITORY_ID, delivered, delivery, merged, moment, stamp
from tests.processed import dump, store

from .conftest import forms_of

pytestmark = pytest.mark.django_db

NEW = "/a/ours/replays/new/"


def test_what_the_form_posts_is_the_scope_of_the_address(client, team):
    query = f"status=parked&repo={REPOSITORY_ID}&type=pull_request&since=2026-01-31T10:00"
    page = client.get(f"{NEW}?{query}").text
    expected = {
        "status": ["parked"],
        "repo": [str(REPOSITORY_ID)],
        "type": ["pull_request"],
        "since": ["2026-01-31T10:00:00+00:00"],
    }
    for mode in ("dry-run", "verify", "replay"):
        assert forms_of(page, mode) == expected


def test_choosing_writes_nothing(client, team, pulls):
    client.get(NEW)
    before = dump()
    assert client.get(f"{NEW}?repo={REPOSITORY_ID}").status_code == 200
    assert client.get("/a/ours/replays/").status_code == 200
    assert dump() == before


@pytest.mark.parametrize(
    "scope",
    [
        {"number": "3"},
        {"repo": str(REPOSITORY_ID)},
        {"type": "pull_request"},
        {"status": "pending"},
        {"stale": "on"},
    ],
)
def test_the_previews_count_is_the_runs(client, team, pulls, begin, work, scope):
    newer = merged(2, moment(hours=50), updated_at=stamp(moment(hours=60)))
    store(team, delivered(delivery(newer), moment(hours=60)))
    PullRequest.objects.filter(number=4).update(version=0)
    preview = work(begin("dry-run", **scope))
    run = work(begin("replay", **forms_of(client.get(f"/a/ours/replays/{preview.pk}/").text, "replay")))
    for name in ("selected", "streams", "events", "created", "updated", "unchanged", "deleted", "tables"):
        assert run.report[name] == preview.report[name], name
    assert preview.report["streams"] == {"number": 1, "stale": 0, "status": 1}.get(next(iter(scope)), 5)


@pytest.mark.parametrize(
    "query", ["type=pull_request", "status=parked", "source=webhook", "number=3", f"repo={REPOSITORY_ID}", ""]
)
def test_a_list_of_events_leads_to_a_preview_of_just_these(client, team, pulls, parked, begin, work, query):
    listed = client.get(f"/a/ours/events/?{query}")
    link = re.search(r'href="(/a/ours/replays/new/[^"]*)">Preview', listed.text)[1]
    run = work(begin("dry-run", **forms_of(client.get(unescape(link)).text, "dry-run")))
    assert run.report["selected"] == len(listed.context["found"].events) > 0


def test_a_preview_writes_no_row_and_an_apply_does(team, pulls, begin, work, sent):
    preview = begin("dry-run", number="3")
    assert sent == [preview.pk]
    work(preview)
    assert PullRequest.objects.get(number=3).cycle_time_hours == 900
    assert (preview.report["updated"], preview.report["created"]) == (1, 0)
    work(begin("replay", number="3"))
    assert PullRequest.objects.get(number=3).cycle_time_hours != 900
    assert work(begin("verify", number="3")).report["differences"] == 0


def test_who_did_what_is_in_the_audit(team, pulls, begin):
    for mode in ("dry-run", "replay", "verify"):
        begin(mode, number="3")
    lines = AuditLine.objects.order_by("pk")
    assert [(line.action, line.who) for line in lines] == [
        (mode, "ann@example.com") for mode in ("dry-run", "replay", "verify")
    ]
    assert all(line.detail["scope"]["pr"] == 3 for line in lines)


def test_a_second_click_opens_the_first_ones(client, team, pulls, begin):
    assert begin("dry-run", number="3") == begin("dry-run", number="3")
    assert Run.objects.count() == AuditLine.objects.count() == 1
    assert "asked before" in client.get("/a/ours/replays/").text


def test_a_whole_team_is_replayed_only_where_its_name_was_typed(client, team, pulls, begin):
    for typed in ({}, {"typed": ""}, {"typed": "Ours"}):
        answer = client.post("/a/ours/replays/begin/", {"mode": "replay", **typed})
        assert answer.status_code == 400
        assert "Type ours to confirm" in answer.text
        # The page stands at another address now: what it leads to does not.
        assert set(re.findall(r'<form class="panel" method="get" action="([^"]+)"', answer.text)) == {NEW}
        assert 'href="?' not in answer.text
    assert not Run.objects.exists()
    assert begin("replay", typed="ours").scope == {"team": "ours"}
    assert begin("dry-run").scope == {"team": "ours", "mode": "dry-run"}


def test_what_can_not_be_read_begins_nothing(client, team):
    for wrong in (
        {"mode": "x"},
        {},
        {"mode": "replay", "number": "x"},
        {"mode": "replay", "repo": "no/such"},
    ):
        assert client.post("/a/ours/replays/begin/", wrong).status_code == 400
    assert not Run.objects.exists()


def test_nothing_is_sent_anywhere_is_said(client, team):
    assert "Nothing is sent anywhere" in client.get(NEW).text

"""What quotes a payload is for those who may read payloads, on every page that tells of a failure."""

import re
from html import unescape

import pytest
from django.test import Client

from apps.teams.factories import MembershipFactory
from ingest.log.facts import Request
from ingest.models import AuditLine, ParkedEvent, RawGitHubEvent, Run, Stream
from tests.payloads import REPOSITORY_ID, delivered, delivery, fetched, moment, pull_request
from tests.processed import store_and_process

pytestmark = pytest.mark.django_db

QUOTED = "what only the payload says"
EVENTS = "/a/ours/events/"


@pytest.fixture
def team():
    return MembershipFactory(team__slug="ours", role="admin").team


@pytest.fixture
def run(team):
    """A backfill that stored an event which no processor can read."""
    run = Run.objects.create(team=team, kind="backfill", github_repo_id=REPOSITORY_ID, state="complete")
    answer = Request(url="/", status=200, answered_at=moment(hours=2), run_id=run.pk)
    odd = fetched(pull_request(state=QUOTED), moment(hours=2), request=answer)
    store_and_process(team, delivered(delivery(pull_request(), "opened")), odd)
    return run


@pytest.fixture
def failed(team):
    return Run.objects.create(
        team=team, kind="replay", scope={"team": "ours"}, state="failed", error="DataError", message=QUOTED
    )


@pytest.fixture
def pages(run, failed):
    """Of each that tells of a failure: what it shows to everybody."""
    parked = ParkedEvent.objects.get()
    assert QUOTED in parked.message
    assert QUOTED in parked.traceback
    place = "Unreadable at $.state"
    assert parked.path == "$.state"
    return {
        f"{EVENTS}{parked.event_id}/": place,
        f"{EVENTS}?status=parked": place,
        f"{EVENTS}timeline/{REPOSITORY_ID}/7/": place,
        f"/a/ours/pulls/{REPOSITORY_ID}/7/": place,
        "/a/ours/operate/": "at $.state",
        group_of(parked.team): "at $.state",
        f"/a/ours/integrations/runs/{run.pk}/": place,
        f"/a/ours/replays/{failed.pk}/": "DataError",
    }


def client_of(team, **kind):
    client = Client()
    client.force_login(MembershipFactory(team=team, **kind).user)
    return client


def group_of(team):
    page = client_of(team).get("/a/ours/operate/").text
    [link] = re.findall(r'href="(/a/ours/operate/parked/\w+/)"', page)
    return link


def test_who_may_not_read_payloads_sees_the_class_and_the_place(team, pages):
    member = client_of(team)
    for page, shown in pages.items():
        answer = member.get(page)
        assert answer.status_code == 200, page
        text = unescape(answer.text)
        assert shown in text, page
        assert QUOTED not in text, page
        assert "Traceback" not in text, page


@pytest.mark.parametrize("kind", [{"role": "admin"}, {"can_read_payloads": True}])
def test_who_may_read_payloads_sees_what_was_said(team, pages, kind):
    reader = client_of(team, **kind)
    # Lists have a badge each, and no more.
    lists = {page for page in pages if "?status=parked" in page or "/timeline/" in page}
    for page in pages.keys() - lists:
        assert QUOTED in reader.get(page).text, page
    for page in (f"{EVENTS}{ParkedEvent.objects.get().event_id}/", group_of(team)):
        assert "Traceback (most recent call last)" in reader.get(page).text


def test_a_whole_stream_is_told_of_in_the_same_way(team, run):
    ParkedEvent.objects.all().delete()
    stream = Stream.objects.get(number=7)
    ParkedEvent.objects.create(
        team=team,
        stream=stream,
        error="DataError",
        place="DataError in write",
        message=QUOTED,
        traceback=QUOTED,
    )
    first = RawGitHubEvent.objects.earliest("pk")
    member, reader = client_of(team), client_of(team, can_read_payloads=True)
    for page in (f"{EVENTS}{first.pk}/", group_of(team)):
        assert QUOTED in reader.get(page).text, page
        assert QUOTED not in member.get(page).text, page
        assert "DataError" in member.get(page).text, page


def test_what_was_searched_for_in_payloads_stands_in_the_audit_for_readers(team):
    detail = {"scope": {"team": "ours"}, "payload": f'title = "{QUOTED}"'}
    AuditLine.objects.create(team=team, who="ann@example.com", action="export events", detail=detail)
    texts = [client_of(team, can_read_payloads=may).get("/a/ours/audit/").text for may in (False, True)]
    assert [QUOTED in text for text in texts] == [False, True]
    assert "for those who may read payloads" in texts[0]

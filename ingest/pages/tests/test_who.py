"""Who may see what of an event, and what of it is recorded."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.teams.factories import MembershipFactory
from ingest.models import AuditLine, RawGitHubEvent
from tests.payloads import delivered, delivery, moment, pull_request
from tests.processed import dump, store_and_process

from .conftest import signed_in

SECRET = "what only the payload says"


@pytest.fixture
def event(team):
    for hour, text in ((1, "before"), (2, SECRET)):
        found = pull_request(body=text, updated_at=f"2026-03-02T1{hour}:00:00Z")
        store_and_process(team, delivered(delivery(found, "edited"), moment(hours=hour)))
    return RawGitHubEvent.objects.latest("pk")


def of(event, part=""):
    return f"/a/ours/events/{event.pk}/{part}"


PAYLOADS = [
    "payload/",
    "payload/?view=raw",
    "payload/?path=$.pull_request",
    "payload/?find=only",
    "raw/",
    "diff/",
]


@pytest.mark.parametrize("part", PAYLOADS)
def test_a_payload_is_for_admins_and_those_who_are_allowed(client, reader, member, event, part):
    answers = [one.get(of(event, part)) for one in (client, reader, member)]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert [SECRET in answer.text for answer in answers] == [True, True, False]


def test_the_facts_are_for_every_member_without_the_payload(member, event):
    answer = member.get(of(event))
    assert event.sha256 in answer.text
    assert SECRET not in answer.text
    assert "payload/" not in answer.text


def test_a_member_searches_no_payloads(member, reader, event):
    query = "/a/ours/events/?payload=pull_request.number%3D7"
    assert "for those who may read them" in member.get(query).text
    assert of(event) not in member.get(query).text
    assert of(event) in reader.get(query).text
    assert 'name="payload"' not in member.get("/a/ours/events/").text


def test_a_member_exports_nothing(member, reader, event):
    assert member.post("/a/ours/events/export/").status_code == 403
    assert reader.post("/a/ours/events/export/").status_code == 200
    assert reader.get("/a/ours/events/export/").status_code == 405


@pytest.mark.parametrize("part", ["", *PAYLOADS])
def test_events_of_others_are_not_there(event, part):
    theirs = MembershipFactory(team__slug="theirs", role="admin")
    assert signed_in(theirs).get(f"/a/theirs/events/{event.pk}/{part}").status_code == 404


@pytest.mark.parametrize("part", ["replay/", "dry-run/", "skip/", "undo-skip/"])
def test_only_admins_do_something_about_an_event_and_only_of_their_team(client, reader, event, part):
    theirs = MembershipFactory(team__slug="theirs", role="admin")
    before = dump()
    assert reader.post(of(event, part)).status_code == 403
    assert client.get(of(event, part)).status_code == 405
    assert signed_in(theirs).post(f"/a/theirs/events/{event.pk}/{part}").status_code == 404
    changed = {name for name, rows in dump().items() if rows != before[name]}
    assert changed <= {"django_session", "users_user"}


def test_acts_need_the_token_of_a_form(admin, event):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin.user)
    for part in ("replay/", "dry-run/", "skip/", "undo-skip/"):
        assert strict.post(of(event, part)).status_code == 403
    assert strict.post("/a/ours/events/export/").status_code == 403


def test_an_event_of_others_is_not_compared_with(client, event):
    theirs = MembershipFactory(team__slug="theirs", role="admin").team
    store_and_process(theirs, delivered(delivery(pull_request(body="theirs"), "edited"), moment(hours=5)))
    other = RawGitHubEvent.for_team(theirs).get()
    text = client.get(of(event, f"diff/?with={other.pk}")).text
    assert "No stored event of this team has the id" in text
    assert "theirs" not in text


def views(event):
    return [line.who for line in AuditLine.objects.filter(action="view payload", detail={"event": event.pk})]


def test_each_view_of_a_payload_is_in_the_audit_once_a_day(client, reader, admin, event):
    client.get(of(event))
    assert views(event) == []
    for part in PAYLOADS:
        client.get(of(event, part))
    assert views(event) == [admin.user.email]
    reader.get(of(event, "raw/"))
    assert len(views(event)) == 2
    yesterday = timezone.now() - timedelta(days=1)
    AuditLine.objects.filter(action="view payload").update(at=yesterday)
    client.get(of(event, "payload/"))
    client.get(of(event, "payload/"))
    assert len(views(event)) == 3


def test_a_comparison_is_a_view_of_both(client, event):
    client.get(of(event, "diff/"))
    lines = AuditLine.objects.filter(action="view payload").values_list("detail", flat=True)
    assert {line["event"] for line in lines} == set(RawGitHubEvent.objects.values_list("pk", flat=True))


def test_looking_writes_nothing_but_that_line(client, event):
    client.get(of(event, "payload/"))
    before = dump()
    for part in ("", *PAYLOADS[:5]):
        client.get(of(event, part))
    client.get(f"/a/ours/events/timeline/{event.repository_id}/7/")
    assert dump() == before

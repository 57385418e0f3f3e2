"""The page of those who run it: the log's size, versions, quota, and what is parked."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.integrations.factories import IntegrationCredentialFactory
from apps.integrations.services.operating import installation as operating
from apps.integrations.services.operating.installation import log_size, quotas
from apps.metrics.projection.version import VERSION
from apps.teams.factories import MembershipFactory, TeamFactory
from ingest.models import AuditLine, Budget, ParkedEvent, RawGitHubEvent, SkippedEvent, Stream
from ingest.replay.skipping import skip
from tests.payloads import delivered, fetched, merged, moment
from tests.processed import dump, store, store_and_process

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(client):
    membership = MembershipFactory(team__slug="ours", user__email="ann@example.com", role="admin")
    client.force_login(membership.user)
    return membership.team


def broken(number: int, at=None):
    """A `pull_request` delivery that no processor can read."""
    found = {"action": "edited", "pull_request": merged(number) | {"id": "x"}}
    return delivered(found, at or moment(hours=number), event_type="pull_request")


def test_the_old_address_leads_here(client, team):
    assert client.get("/a/ours/health/").url == "/a/ours/operate/"


def test_the_size_of_the_log_is_that_of_the_team(team):
    store_and_process(team, *(fetched(merged(number)) for number in (1, 2, 3)))
    store(TeamFactory(), fetched(merged(1)))
    Stream.objects.filter(team=team, number=2).update(version=VERSION - 1)
    events = RawGitHubEvent.for_team(team)
    size = log_size(team, moment(days=1))
    assert size.events == size.grown == events.count() == 3
    assert size.bytes == sum(len(event.packed) for event in events)
    assert (size.streams, size.stale) == (3, 1)
    assert log_size(team, moment(days=30)).grown == 0


def test_the_growth_is_not_counted_out(team, monkeypatch):
    store(team, *(fetched(merged(number)) for number in (1, 2, 3)))
    monkeypatch.setattr(operating, "NEWEST", 2)
    size = log_size(team, moment(days=1))
    assert (size.grown, size.grown_at_least) == (2, True)


def test_the_quota_is_that_of_the_team_s_credentials(client, team):
    IntegrationCredentialFactory(team=team, github_login="acme-bot", github_user_id=7)
    assert "GitHub told of no limit" in client.get("/a/ours/operate/").text
    facts = {"limit": 5000, "reset_at": moment(hours=1), "told_at": moment()}
    Budget.objects.create(key="user:7", resource="rest", remaining=2999, **facts)
    Budget.objects.create(key="user:7", resource="graphql", remaining=4998, **facts)
    Budget.objects.create(key="user:8", resource="rest", remaining=1, **facts)
    text = client.get("/a/ours/operate/").text
    assert "2,999 of 5,000 REST requests were left" in text
    assert "4,998 of 5,000 GraphQL points were left" in text
    assert "New quota at" in text
    assert "1 of 5,000" not in text
    assert "acme-bot" in text


def test_a_credential_that_cannot_be_read_has_no_quota(team, settings):
    settings.GITHUB_TOKEN = ""
    IntegrationCredentialFactory(team=team, source="environment", access_token="")
    IntegrationCredentialFactory(team=team, access_token="not a ciphertext")
    assert quotas(team) == []


def test_each_count_is_the_length_of_its_list(client, team, monkeypatch):
    monkeypatch.setattr("apps.integrations.views.operate.ON_A_PAGE", 2)
    store_and_process(
        team, *(broken(number) for number in (1, 2, 3)), delivered(b"[]", event_type="pull_request")
    )
    store_and_process(TeamFactory(), broken(1))
    page = client.get("/a/ours/operate/").text
    links = re.findall(r'href="(/a/ours/operate/parked/\w+/)">(\d+)<', page)
    assert sorted(int(count) for _, count in links) == [1, 3]
    for link, count in links:
        rows, query = [], ""
        while query is not None:
            answer = client.get(f"{link}{query}")
            rows += answer.context["rows"]
            older = answer.context["older"]
            query = f"?before={older}" if older else None
        assert len(rows) == len(set(rows)) == int(count)
        assert {row.team for row in rows} == {team}


def test_stale_and_pending_lead_to_exactly_these(client, team):
    store_and_process(team, *(fetched(merged(number)) for number in (1, 2, 3)))
    Stream.objects.filter(number=2).update(version=0)
    store(team, fetched(merged(3, moment(hours=50)), moment(hours=60)))
    text = client.get("/a/ours/operate/").text
    assert re.search(r'href="/a/ours/replays/new/\?stale=on"><b>1</b>', text)
    assert re.search(r"<b>1</b> <span>streams pending", text)


def test_a_group_is_skipped_with_a_reason_by_an_admin(client, team):
    store_and_process(team, broken(1), broken(2))
    [link] = re.findall(r'href="(/a/ours/operate/parked/\w+/)"', client.get("/a/ours/operate/").text)
    client.post(f"{link}skip/", {"reason": " "})
    assert ParkedEvent.objects.count() == 2
    assert "Write a reason" in client.get(link).text
    answer = client.post(f"{link}skip/", {"reason": "sent by a test"})
    assert answer.url == "/a/ours/operate/"
    assert SkippedEvent.objects.count() == 2
    assert not ParkedEvent.objects.exists()
    line = AuditLine.objects.get()
    assert (line.who, line.action, line.detail["reason"]) == ("ann@example.com", "skip", "sent by a test")
    assert client.get(link).status_code == 404


def test_the_command_that_a_group_prints_undoes_for_its_team_alone(client, team):
    other = TeamFactory()
    store_and_process(team, broken(1), broken(2))
    store_and_process(other, broken(1))
    skip(list(ParkedEvent.for_team(other).values_list("event_id", flat=True)), "theirs", "x")
    [link] = re.findall(r'href="(/a/ours/operate/parked/\w+/)"', client.get("/a/ours/operate/").text)
    [command] = re.findall(r"<code>manage.py ([^<]+)</code>", client.get(link).text)
    client.post(f"{link}skip/", {"reason": "x"})
    assert SkippedEvent.objects.count() == 3
    call_command(*command.split())
    assert SkippedEvent.objects.get().team == other


def test_a_large_group_is_skipped_in_parts(client, team, monkeypatch):
    monkeypatch.setattr("apps.integrations.views.operate.SKIPPED_AT_ONCE", 1)
    store_and_process(team, broken(1), broken(2))
    [link] = re.findall(r'href="(/a/ours/operate/parked/\w+/)"', client.get("/a/ours/operate/").text)
    assert client.post(f"{link}skip/", {"reason": "x"}).url == link
    assert "1 of this group are left" in client.get(link).text
    assert ParkedEvent.objects.count() == 1


def test_members_look_and_see_no_traceback(client, team):
    store_and_process(team, broken(1))
    [link] = re.findall(r'href="(/a/ours/operate/parked/\w+/)"', client.get("/a/ours/operate/").text)
    assert "Traceback of the newest" in client.get(link).text
    client.force_login(MembershipFactory(team=team).user)
    text = client.get(link).text
    assert "Traceback of the newest" not in text
    assert "/skip/" not in text
    assert client.post(f"{link}skip/", {"reason": "x"}).status_code == 403
    assert ParkedEvent.objects.count() == 1


def test_looking_writes_nothing(client, team):
    store_and_process(team, broken(1))
    [link] = re.findall(r'href="(/a/ours/operate/parked/\w+/)"', client.get("/a/ours/operate/").text)
    before = dump()
    client.get(link)
    client.get("/a/ours/operate/")
    assert dump() == before


def test_the_size_is_read_without_counting_the_log(team, django_assert_max_num_queries):
    store(team, *(fetched(merged(number)) for number in range(1, 20)))
    with django_assert_max_num_queries(2):
        log_size(team, timezone.now() - timedelta(days=1))

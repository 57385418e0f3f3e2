"""The audit: all lines, in pages, found by who, what and when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.dashboard.views import audit as view
from apps.teams.factories import TeamFactory
from ingest.models import AuditLine

pytestmark = pytest.mark.django_db

PAGE = "/a/ours/audit/"


@pytest.fixture
def lines(team):
    now = timezone.now()
    made = [
        AuditLine.objects.create(team=team, who=who, action=action, detail=detail)
        for who, action, detail in (
            ("ann@example.com", "connect", {"account": "acme"}),
            ("bob@example.com", "replay", {"run": 17, "scope": {"team": "ours"}}),
            ("ann@example.com", "skip", {"events": list(range(40)), "reason": "<b>"}),
        )
    ]
    AuditLine.objects.filter(pk=made[0].pk).update(at=now - timedelta(days=10))
    AuditLine.objects.create(team=TeamFactory(), who="eve@example.com", action="purge")
    return made


def found(client, **query):
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    return [line.action for line in answer.context["lines"]]


def test_the_newest_is_first_and_others_are_not_shown(client, lines):
    assert found(client) == ["skip", "replay", "connect"]
    text = client.get(PAGE).text
    assert "3 lines" in text
    assert "eve@" not in text
    assert "&lt;b&gt;" in text
    assert "and 30 more" in text
    assert 'href="/a/ours/replays/17/"' in text


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ({"who": "ANN"}, ["skip", "connect"]),
        ({"action": "rep"}, ["replay"]),
        ({"action": "lay"}, []),
        ({"who": "%"}, []),
        ({"since": "x"}, []),
        ({"until": "9999-12-31"}, ["skip", "replay", "connect"]),
    ],
)
def test_filters_are_in_the_address(client, lines, query, actions):
    assert found(client, **query) == actions


def test_a_span_of_days_holds_both_its_ends(client, lines):
    today = timezone.now().date()
    assert found(client, since=today - timedelta(days=1)) == ["skip", "replay"]
    ten_days_ago = today - timedelta(days=10)
    assert found(client, since=ten_days_ago, until=ten_days_ago) == ["connect"]


def test_pages_follow_each_other(client, lines, monkeypatch):
    monkeypatch.setattr(view, "ON_A_PAGE", 2)
    first = client.get(PAGE, {"who": "example"})
    assert [line.action for line in first.context["lines"]] == ["skip", "replay"]
    assert f"who=example&amp;before={lines[1].pk}" in first.text
    assert found(client, before=lines[1].pk) == ["connect"]


def test_a_fragment_is_the_list_alone(client, lines):
    text = client.get(PAGE, headers={"HX-Request": "true"}).text
    assert "<html" not in text
    assert "connect" in text

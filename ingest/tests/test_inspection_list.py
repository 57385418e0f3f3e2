"""`events list` as it is typed."""

import json

import pytest

from apps.teams.factories import TeamFactory
from ingest.models import RawGitHubEvent
from tests.payloads import (
    delivered,
    delivery,
    moment,
    pull_request,
    repository,
    review,
    review_delivery,
    user,
)
from tests.processed import store, store_and_process

from .events_command import events, events_json, refused, widest


@pytest.fixture
def team(db):
    return TeamFactory(slug="acme")


@pytest.fixture
def newest(team):
    """Ids, newest first."""
    store_and_process(team, delivered(delivery(pull_request(), "opened"), moment(hours=1)))
    store(team, delivered(review_delivery(review()), moment(hours=2)))
    store(team, delivered({"repository": repository(), "sender": user("bob")}, moment(hours=3), "push"))
    return list(RawGitHubEvent.objects.order_by("-id").values_list("pk", flat=True))


def ids(*arguments):
    return [e["id"] for e in events_json("list", *arguments)["events"]]


def test_newest_first_with_all_that_a_row_shows(newest):
    push, submitted, opened = events_json("list")["events"]
    assert [push["id"], submitted["id"], opened["id"]] == newest
    assert [e["status"] for e in (push, submitted, opened)] == ["ignored", "pending", "processed"]
    assert push["reason"] == "commits of pull requests come with the pull request"
    shown = ("event_type", "action", "repository", "number", "actor", "source", "time")
    assert [submitted[name] for name in shown] == [
        "pull_request_review",
        "submitted",
        "acme/shop",
        7,
        "alice",
        "webhook",
        "2026-03-02T11:00:00+00:00",
    ]


def test_scope_and_status_select(newest):
    push, submitted, opened = newest
    assert ids("--event-type", "push") == [push]
    assert ids("--pr", 7) == [submitted, opened]
    assert ids("--until", moment(hours=2).isoformat()) == [opened]
    assert ids("--status", "pending", "--status", "processed") == [submitted, opened]
    assert ids("--team", "acme", "--repo", "acme/shop", "--status", "ignored") == [push]


def test_the_next_page_is_named(newest):
    push, submitted, opened = newest
    first = events_json("list", "--limit", 2)
    assert [e["id"] for e in first["events"]] == [push, submitted]
    assert first["before"] == submitted
    assert f"--before {submitted}" in events("list", "--limit", 2)
    last = events_json("list", "--limit", 2, "--before", submitted)
    assert ([e["id"] for e in last["events"]], last["before"]) == ([opened], None)
    assert "--before" not in events("list")


@pytest.mark.parametrize("columns", [80, 160])
def test_it_fits(newest, team, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    store(team, delivered(delivery(pull_request(2**31 - 1), "ready_for_review"), moment(hours=9)))
    table = events("list").split("\nignored: ")[0]
    assert widest(table) <= columns
    for text in (
        "2026-03-02 12:00:00",
        "push",
        "acme/shop#7" if columns == 80 else "acme/shop",
        "bob",
        "ignored",
    ):
        assert text in table


def test_ignored_events_tell_why(newest):
    assert f"ignored: push: commits of pull requests come with the pull request ({newest[0]})" in events(
        "list"
    )


def test_names_of_a_payload_do_not_reach_the_terminal_raw(team):
    evil = delivery(pull_request(), "opened", sender=user("\x1b[2J\u202ebob"))
    store(team, delivered(evil, action="\x1b[31m"))
    for text in (events("list"), events("list", "--format", "json")):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_nothing_found(team):
    assert events("list") == "no stored event matches\n"
    assert json.loads(events("list", "--format", "json")) == {"events": [], "before": None}


def test_what_is_not_there_is_one_line(team):
    assert "no team 'nobody'; there are: acme" in refused("list", "--team", "nobody")
    assert refused("list", "--event", "9") == "no stored event has the id 9"

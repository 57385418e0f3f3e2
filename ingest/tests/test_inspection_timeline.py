"""`events timeline`: everything stored of a pull request, in the order in which it happened."""

import pytest

from apps.teams.factories import TeamFactory
from ingest.models import RawGitHubEvent
from tests.payloads import (
    commit,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    pull_request,
    repository,
    repository_delivery,
    review,
    review_delivery,
    simple,
    stamp,
)
from tests.processed import store, store_and_process

from .events_command import events, events_json, refused, widest

PULL = ("--team", "acme", "--repo", "acme/shop", "--pr", "7")


@pytest.fixture
def team(db):
    return TeamFactory(slug="acme")


def history(team):
    """Stored in another order than it happened in, from all sources."""
    store_and_process(
        team,
        fetched(simple(merged()), moment(hours=30), endpoint="pulls"),
        delivered(review_delivery(review(state="dismissed"), action="dismissed"), moment(hours=5)),
        delivered(delivery(merged(), "closed"), moment(hours=24)),
        delivered(review_delivery(review()), moment(hours=2)),
        fetched(commit(), moment(hours=31)),
        delivered(delivery(pull_request(), "opened"), moment(seconds=0.2)),
        delivered(delivery(pull_request(), "labeled"), moment(seconds=0.9)),
        delivered(delivery(pull_request(updated_at=stamp(moment(hours=3))), "edited"), moment(hours=3)),
        delivered(delivery(pull_request(8), "opened"), moment()),
    )


def test_every_event_in_githubs_order_from_all_sources(team):
    history(team)
    found = events_json("timeline", *PULL)["events"]
    assert [(e["event_type"], e["what"], e["source"]) for e in found] == [
        ("pull_request", "opened", "webhook"),
        ("pull_request", "labeled", "webhook"),
        ("commit", "fetched (commits)", "rest"),
        ("pull_request_review", "submitted", "webhook"),
        ("pull_request", "edited", "webhook"),
        # Its payload repeats the time of the submission; the delivery's id tells when it happened.
        ("pull_request_review", "dismissed", "webhook"),
        ("pull_request", "closed", "webhook"),
        ("pull_request", "fetched (pulls)", "rest"),
    ]
    assert {e["status"] for e in found} == {"processed"}
    assert [e["actor"] for e in found] == ["alice"] * 8


def test_an_event_without_any_time_comes_first(team):
    payload = delivery(pull_request(updated_at=None), "edited")
    store(team, delivered(delivery(pull_request(), "opened")), delivered(payload, None, received_at=None))
    found = events_json("timeline", *PULL)["events"]
    assert [e["what"] for e in found] == ["edited", "opened"]
    assert found[0]["time"] is None


def test_the_same_bytes_again_are_marked(team, monkeypatch):
    # Wide enough for ids of any length.
    monkeypatch.setenv("COLUMNS", "200")
    first, second = review(state="APPROVED"), review(state="DISMISSED")
    for hours, found in enumerate((first, second, first)):
        store(team, fetched(found, moment(hours=3 + hours)))
    a, b, again = RawGitHubEvent.objects.order_by("id")
    shown = {e["id"]: e["same_as"] for e in events_json("timeline", *PULL)["events"]}
    assert shown == {a.pk: None, b.pk: None, again.pk: a.pk}
    assert f"same content as {a.pk}" in events("timeline", *PULL)


def test_parked_and_unhandled_events_are_there_too(team):
    payload = {"action": "created", "issue": {"number": 7, "pull_request": {}}, "repository": repository()}
    store_and_process(
        team, delivered(delivery(pull_request(state="odd"))), delivered(payload, moment(), "issue_comment")
    )
    found = {e["event_type"]: e["status"] for e in events_json("timeline", *PULL)["events"]}
    assert found == {"pull_request": "parked", "issue_comment": "unhandled"}
    assert "parked: pull_request: Unreadable at $.pull_request.state" in events("timeline", *PULL)


def test_a_former_name_and_the_numeric_id_find_it(team):
    store_and_process(team, delivered(delivery(pull_request(), "opened")))
    renamed = repository("acme/store")
    store_and_process(team, delivered(repository_delivery(repo=renamed), moment(hours=1)))
    for name in ("acme/shop", "acme/store", str(renamed["id"])):
        found = events_json("timeline", "--team", "acme", "--repo", name, "--pr", 7)
        assert len(found["events"]) == 1


def test_a_name_that_two_repositories_had_is_to_be_named_by_id(team):
    other = repository(id=5)
    store_and_process(team, delivered(delivery(pull_request(), "opened")))
    store_and_process(team, delivered(delivery(pull_request(repo=other), "opened"), moment(hours=1)))
    assert "name one by its id" in refused("timeline", *PULL)
    found = events_json("timeline", "--team", "acme", "--repo", "5", "--pr", 7)
    assert len(found["events"]) == 1


def test_what_is_not_there_is_one_line(team):
    assert "no team 'nobody'" in refused("timeline", "--team", "nobody", "--repo", "a/b", "--pr", 7)
    assert "no stored event is of a repository 'a/b'" in refused(
        "timeline", "--team", "acme", "--repo", "a/b", "--pr", 7
    )
    store(team, delivered(delivery(pull_request(8), "opened")))
    assert refused("timeline", *PULL) == "nothing is stored of acme/shop#7 in team 'acme'"


def test_another_teams_events_are_not_shown(team):
    store(TeamFactory(), delivered(delivery(pull_request(), "opened")))
    assert "no stored event is of a repository" in refused("timeline", *PULL)
    store(team, delivered(delivery(pull_request(8), "opened")))
    assert "nothing is stored of" in refused("timeline", *PULL)


@pytest.mark.parametrize("columns", [80, 160])
def test_it_fits(team, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    history(team)
    store(team, delivered(delivery(pull_request(updated_at=stamp(moment(hours=2))), "review_requested")))
    text = events("timeline", *PULL)
    assert widest(text) <= columns
    assert "review_requested" in text

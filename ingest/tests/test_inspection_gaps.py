import pytest

from apps.teams.factories import TeamFactory
from ingest.inspection.gaps import gaps
from ingest.models import Stream
from tests import payloads
from tests.payloads import delivered, delivery, fetched, moment, pull_request, review, stamp
from tests.processed import store, store_and_process

from .events_command import events, events_json, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory(slug="core")


def changed(number, **after_start):
    at = moment(**after_start)
    return pull_request(number, updated_at=stamp(at)), at


def told(number, **after_start):
    found, at = changed(number, **after_start)
    return delivered(delivery(found), at)


def found(team, days=30, *, hours=200):
    """What is said at so many hours after the beginning."""
    return {
        (one.day.day, one.delivered, one.restored, one.fetched, one.gap)
        for one in gaps(Stream.for_team(team), days, moment(hours=hours))
    }


def test_each_day_has_what_was_delivered_restored_and_fetched(team):
    store(team, told(1), told(2, hours=1))
    restored, at = changed(3, days=1)
    store(team, delivered(delivery(restored), at, endpoint="deliveries"))
    store(team, fetched(changed(4, hours=2)[0], moment(days=5)))
    assert found(team) == {(2, 2, 0, 1, False), (3, 0, 1, 0, False)}


def test_a_day_with_changes_and_no_delivery_is_a_gap(team):
    store(team, told(1))
    store(team, fetched(changed(2, days=2)[0], moment(days=5)))
    seen = review(submitted_at=stamp(moment(days=3)))
    store(team, fetched(seen, moment(days=5)))
    assert found(team) == {
        (2, 1, 0, 0, False),
        (4, 0, 0, 1, True),
        (5, 0, 0, 1, True),
    }


def test_before_the_first_delivery_there_was_no_hook(team):
    store(team, fetched(changed(2, days=1)[0], moment(days=5)), told(1, days=2))
    assert found(team) == {(3, 0, 0, 1, False), (4, 1, 0, 0, False)}


def test_older_days_are_left_out(team):
    store(team, told(1), told(2, days=3))
    assert found(team, days=2, hours=96) == {(5, 1, 0, 0, False)}


def test_a_commit_s_date_says_nothing_of_its_push(team):
    store(team, told(1), fetched(payloads.commit(), moment(days=5)))
    assert found(team) == {(2, 1, 0, 0, False)}


def test_the_command(team):
    at = moment(hours=1)
    store_and_process(team, told(1), fetched(changed(2, days=2)[0], at))
    other = TeamFactory(slug="other")
    store(other, told(1))
    days = "100000"
    report = events_json("gaps", "--team", "core", "--repo", "acme/shop", "--days", days)
    assert report["gaps"] == 1
    assert [(one["day"], one["repository"], one["gap"]) for one in report["days"]] == [
        ("2026-03-04", "acme/shop", True),
        ("2026-03-02", "acme/shop", False),
    ]
    text = events("gaps", "--days", days)
    assert "no delivery" in text
    assert "1 days with changes and no delivery" in text
    assert "nobody" in refused("gaps", "--team", "nobody")

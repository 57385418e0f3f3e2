"""A review's state only moves forward, whatever tells of it and in whatever order."""

import itertools

import pytest

from tests.payloads import ABSENT, delivered, fetched, moment, pull_request, review, review_delivery, user
from tests.processed import folded

PULL = fetched(pull_request(), moment(days=-1))


def told(state, at, **changes):
    return delivered(review_delivery(review(state=state, **changes), action="submitted"), moment(hours=at))


def asked(state, at, **changes):
    return fetched(review(state=state.upper(), **changes), moment(hours=at))


def rows(team, *events):
    """The reviews by id, the same in any order."""
    found = [
        {i: {**r, "last_event_id": None} for i, r in folded(team, *order).reviews.items()}
        for order in itertools.permutations((PULL, *events))
    ]
    assert all(one == found[0] for one in found)
    return found[0]


def only(team, *events):
    (row,) = rows(team, *events).values()
    return row


def test_a_submitted_review(anyone):
    for source in (told, asked):
        row = only(anyone, source("changes_requested", 3))
        assert row == {
            "github_review_id": 9_000_000_001,
            "state": "changes_requested",
            "submitted_state": "changes_requested",
            "submitted_at": moment(hours=2),
            "reviewer_github_id": user("bob")["id"],
            "reviewer_login": "bob",
            "reviewer_kind": "User",
            "last_event_id": None,
        }


@pytest.mark.parametrize("submitted_at", [ABSENT, None])
@pytest.mark.parametrize("source", [told, asked])
def test_a_pending_review_makes_no_row(anyone, source, submitted_at):
    assert rows(anyone, source("pending", 1, submitted_at=submitted_at)) == {}


@pytest.mark.parametrize("first", [told, asked])
@pytest.mark.parametrize("second", [told, asked])
@pytest.mark.parametrize("at", [(1, 3), (3, 1), (2, 2)])
def test_a_review_that_was_pending(anyone, first, second, at):
    pending = first("pending", at[0], submitted_at=None)
    row = only(anyone, pending, second("approved", at[1]))
    assert (row["state"], row["submitted_at"]) == ("approved", moment(hours=2))


@pytest.mark.parametrize("first", [told, asked])
@pytest.mark.parametrize("second", [told, asked])
@pytest.mark.parametrize("at", [(3, 5), (5, 3), (4, 4)])
def test_a_dismissal_is_final_and_forgets_nothing(anyone, first, second, at):
    row = only(anyone, first("approved", at[0]), second("dismissed", at[1]))
    assert (row["state"], row["submitted_state"], row["submitted_at"]) == (
        "dismissed",
        "approved",
        moment(hours=2),
    )


def test_only_the_dismissal_was_seen(anyone):
    row = only(anyone, asked("dismissed", 5))
    assert (row["state"], row["submitted_state"]) == ("dismissed", None)


def test_the_newest_submitted_state_is_kept(anyone):
    row = only(anyone, told("commented", 3), told("approved", 4), asked("dismissed", 5))
    assert (row["state"], row["submitted_state"]) == ("dismissed", "approved")


def test_a_backfill_does_not_undo_what_a_delivery_told(anyone):
    found = folded(anyone, PULL, told("approved", 2), told("dismissed", 3), asked("dismissed", 9))
    assert found.pull_request["first_review_at"] == moment(hours=2)


@pytest.mark.parametrize("reviewer", [None, {}])
def test_a_review_by_a_ghost(anyone, reviewer):
    row = only(anyone, asked("approved", 3, user=reviewer))
    assert (row["reviewer_github_id"], row["reviewer_login"], row["reviewer_kind"]) == (None, "", "")


def test_reviews_wait_for_their_pull_request(anyone):
    found = folded(anyone, asked("approved", 3))
    assert (found.pull_request, found.reviews) == (None, {})
    assert list(folded(anyone, asked("approved", 3), PULL).reviews) == [9_000_000_001]


def test_formulas_see_submitted_reviews_only(anyone):
    events = [
        PULL,
        asked("pending", 1, submitted_at=None),
        asked("approved", 9, id=2, submitted_at="2026-03-02T20:00:00Z"),
        asked("commented", 9, id=3, submitted_at="2026-03-02T10:00:00Z", user=user("ci[bot]")),
        asked("commented", 9, id=4, submitted_at="2026-03-02T10:30:00Z", user=user("alice")),
    ]
    for order in itertools.permutations(events):
        row = folded(anyone, *order).pull_request
        assert (row["first_review_at"], row["review_time_hours"]) == (moment(hours=11), 11)

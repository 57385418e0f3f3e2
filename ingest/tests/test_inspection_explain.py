"""`events explain`: which event set each field, and which lost and why."""

import pytest

from apps.metrics.factories import TeamMemberFactory
from apps.metrics.formulas import FORMULAS
from apps.metrics.models import PullRequest
from apps.metrics.projection import columns
from ingest.inspection.explain import FIELDS
from tests.payloads import (
    commit,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    number_of,
    pull_request,
    review,
    review_delivery,
    simple,
    stamp,
)

from .events_command import events
from .explaining import PULL, explained, processed, reasons, why


def test_every_column_of_a_pull_request_is_explained_with_the_value_of_its_row(team):
    TeamMemberFactory(team=team, github_id=str(number_of("alice")))
    processed(
        team,
        delivered(delivery(pull_request(), "opened")),
        delivered(delivery(pull_request(draft=False), "ready_for_review"), moment(hours=1)),
        delivered(review_delivery(review()), moment(hours=2)),
        delivered(delivery(merged(title="Revert hotfix"), "closed"), moment(hours=24)),
        fetched(commit(), moment(hours=25)),
    )
    found, row = explained(), PullRequest.objects.get()
    assert [w.name for w in found.fields] == list(FIELDS)
    missing = {*columns.PULL_REQUEST_COMPARED} - {w.name for w in found.fields}
    assert missing == {"author_id"}  # shown as `author`
    assert [(w.name, w.value) for w in found.fields] == [
        (w.name, getattr(row, "author_id" if w.name == "author" else w.name)) for w in found.fields
    ]
    assert not [w.name for w in found.fields if w.differs]
    assert all(w.how for w in found.fields)
    assert found.notes == []


def test_the_newest_state_wins_and_the_older_ones_say_so(team):
    old, new = processed(
        team,
        delivered(delivery(pull_request(title="Old"), "opened")),
        delivered(delivery(merged(title="New"), "closed"), moment(hours=24)),
    )
    assert (why("title").value, why("title").event_id) == ("New", new)
    assert reasons("title") == {old: "not applied: a newer state (2026-03-03 09:00:00) was already known"}
    assert [lost.said for lost in why("title").lost] == ["Old"]


def test_of_one_state_the_later_message_wins(team):
    first, second = processed(
        team,
        delivered(delivery(pull_request(), "opened"), moment(seconds=0.25)),
        delivered(delivery(pull_request(), "labeled"), moment(seconds=0.5)),
    )
    assert reasons("title") == {
        first: f"not applied: event {second} was sent later (2026-03-02 09:00:00.500000)"
    }


def test_a_message_whose_time_is_not_known_loses_and_says_so(team):
    known, unknown = processed(
        team, delivered(delivery(pull_request(), "opened")), delivered(delivery(pull_request()), None)
    )
    assert reasons("title") == {
        unknown: f"not applied: when it was sent is not known, when event {known} was is"
    }


def test_two_messages_of_one_instant_are_told_apart_by_their_content(team):
    ids = processed(
        team,
        fetched(pull_request(), moment(hours=1)),
        fetched(simple(pull_request()), moment(hours=1), endpoint="pulls"),
    )
    (winner,) = [i for i in ids if i == why("title").event_id]
    (reason,) = reasons("title").values()
    assert reason == f"not applied: sent in the same instant as event {winner}, whose content hash is greater"


def test_the_same_content_again_says_of_which_event(team):
    one, two, three = processed(
        team,
        fetched(review(state="APPROVED"), moment(hours=3)),
        fetched(review(state="COMMENTED"), moment(hours=4)),
        fetched(review(state="APPROVED"), moment(hours=5)),
    )
    (found,) = explained("reviews").reviews
    state = next(w for w in found.fields if w.name == "state")
    assert state.event_id == three
    assert {lost.event_id: lost.reason for lost in state.lost} == {
        one: f"same content as event {three}",
        two: f"not applied: event {three} was sent later (2026-03-02 14:00:00)",
    }


def test_a_lists_item_and_a_review_lack_the_keys_of_the_detail(team):
    detail, listed, reviewed = processed(
        team,
        delivered(delivery(pull_request(additions=9), "opened")),
        fetched(simple(pull_request()), moment(hours=30), endpoint="pulls"),
        delivered(review_delivery(review()), moment(hours=2)),
    )
    assert (why("additions").value, why("additions").event_id) == (9, detail)
    assert reasons("additions") == {
        listed: "lacks the key (a list's item has no additions)",
        reviewed: "lacks the key (the pull request in a review's delivery has no additions)",
    }
    assert reasons("commit_count")[listed] == "lacks the key (a list's item has no commits)"


def test_a_field_that_no_event_carries_says_so(team):
    (listed,) = processed(team, fetched(simple(pull_request()), moment(), endpoint="pulls"))
    found = why("additions")
    assert (found.value, found.event_id, found.how) == (None, None, "not collected: no event carries it")
    assert reasons("additions") == {listed: "lacks the key (a list's item has no additions)"}


def test_a_formula_names_its_inputs_and_their_events(team):
    _, submitted, closed = processed(
        team,
        delivered(delivery(pull_request(), "opened")),
        delivered(review_delivery(review(9), of=pull_request()), moment(hours=2)),
        delivered(delivery(merged(created_at=stamp(moment())), "closed"), moment(hours=24)),
    )
    text = events("explain", *PULL, "review_time_hours", "cycle_time_hours", "size", "first_review_at")
    assert (
        f"review_time_hours = 2.00: first_review_at 2026-03-02 11:00:00 (event {submitted}, review 9 by bob)"
        f" - pr_created_at 2026-03-02 09:00:00 (event {closed})" in text
    )
    assert (
        f"cycle_time_hours = 24.00: merged_at 2026-03-03 09:00:00 (event {closed})"
        f" - pr_created_at 2026-03-02 09:00:00 (event {closed})" in text
    )
    assert f"size = 12: additions 10 (event {closed}) + deletions 2 (event {closed})" in text
    assert f"first_review_at = 2026-03-02 11:00:00: review 9 by bob: event {submitted}" in text


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.name)
def test_every_formula_has_inputs(team, formula):
    processed(
        team,
        delivered(delivery(pull_request(), "opened")),
        delivered(review_delivery(review()), moment(hours=2)),
    )
    for name in formula.columns:
        assert why(name).inputs


def test_merged_is_the_state_because_of_merged_at(team):
    (closed,) = processed(team, delivered(delivery(merged(), "closed"), moment(hours=24)))
    found = why("state")
    assert (found.value, found.event_id) == ("merged", closed)
    assert found.how == f"merged_at is set: event {closed}, pull_request closed"


def test_the_last_ready_for_review_counts(team):
    ids = processed(
        team,
        delivered(
            delivery(pull_request(updated_at=stamp(moment(hours=9))), "ready_for_review"), moment(hours=9)
        ),
        delivered(
            delivery(pull_request(updated_at=stamp(moment(hours=5))), "ready_for_review"), moment(hours=5)
        ),
    )
    assert why("ready_at").event_id == ids[0]
    assert reasons("ready_at") == {ids[1]: "not applied: a newer ready_for_review was already known"}


def test_of_ready_moments_the_reviewed_one_counts(team):
    def ready(hours, seconds=0):
        found = pull_request(updated_at=stamp(moment(hours=hours)))
        return delivered(delivery(found, "ready_for_review"), moment(hours=hours, seconds=seconds))

    reviewed = delivered(review_delivery(review(submitted_at=stamp(moment(hours=4)))), moment(hours=4))
    older, won, again, later, _ = processed(team, ready(1), ready(3), ready(3, 1), ready(5), reviewed)
    assert (why("ready_at").value, why("ready_at").event_id) == (moment(hours=3), won)
    assert reasons("ready_at") == {
        later: "not applied: it became ready again after the first review that counts",
        older: "not applied: a newer ready_for_review was already known",
        again: "not applied: an earlier event told the same moment",
    }
    assert [lost.said for lost in why("ready_at").lost] == [moment(hours=h) for h in (5, 1, 3)]


def test_of_many_deliveries_none_is_left_out(team):
    deliveries = (
        delivered(delivery(pull_request(updated_at=stamp(moment(hours=h)))), moment(hours=h))
        for h in range(70)
    )
    *older, newest = processed(team, *deliveries)
    assert why("title").event_id == newest
    assert sorted(reasons("title")) == older

"""When a pull request became ready for review."""

import pytest

from apps.metrics.processors import state
from tests.payloads import delivered, delivery, moment, pull_request, review, review_delivery, stamp, user

from .orders import pick, row


def test_draft_ready_and_draft_again(anyone):
    events = [
        delivered(
            delivery(pull_request(draft=draft, updated_at=stamp(moment(hours=h))), action), moment(hours=h)
        )
        for h, (action, draft) in enumerate(
            [("opened", True), ("ready_for_review", False), ("converted_to_draft", True)]
        )
    ]
    assert pick(row(anyone, *events), "draft", "ready_at") == (True, moment(hours=1))
    later = delivered(
        delivery(pull_request(updated_at=stamp(moment(hours=9))), "ready_for_review"), moment(hours=9)
    )
    assert pick(row(anyone, *events, later), "draft", "ready_at") == (False, moment(hours=9))
    assert row(anyone, events[0])["ready_at"] is None


def became_ready(hours):
    found = pull_request(updated_at=stamp(moment(hours=hours)))
    return delivered(delivery(found, "ready_for_review"), moment(hours=hours))


def reviewed(hours, **changes):
    found = review(submitted_at=stamp(moment(hours=hours)), **changes)
    return delivered(review_delivery(found), moment(hours=hours))


@pytest.mark.parametrize(
    ("review_event", "hours"),
    [
        (reviewed(41), 40),
        (reviewed(40), 40),
        (reviewed(60), 60),
        (reviewed(61), 60),
        (reviewed(9), 60),
        (reviewed(41, user=user()), 60),
        (reviewed(41, user=user("ci[bot]")), 60),
        (reviewed(41, state="pending"), 60),
        (became_ready(60), 60),
    ],
)
def test_of_ready_moments_the_newest_before_the_first_review_counts(anyone, review_event, hours):
    """Without one that counts, or before all of them, the newest."""
    events = [became_ready(10), became_ready(40), became_ready(60), review_event]
    assert row(anyone, *events)["ready_at"] == moment(hours=hours)


def test_of_too_many_ready_moments_the_newest_are_kept(anyone, monkeypatch):
    monkeypatch.setattr(state, "MOST_READY", 2)
    events = [became_ready(10), became_ready(40), became_ready(50)]
    assert row(anyone, *events, reviewed(41))["ready_at"] == moment(hours=40)
    assert row(anyone, *events, reviewed(11))["ready_at"] == moment(hours=50)

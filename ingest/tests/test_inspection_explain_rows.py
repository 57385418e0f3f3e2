"""`events explain` where a row is not what the log says: behind, changed by hand, parked or refused."""

from apps.metrics.models import PRReview, PullRequest, PullRequestCommit
from apps.metrics.projection.version import VERSION
from ingest.models import Stream
from tests.payloads import (
    commit,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    pull_request,
    review,
    review_delivery,
    sha_of,
)
from tests.processed import store

from .events_command import events
from .explaining import PULL, explained, processed


def test_a_parked_event_is_named_with_its_reason(team):
    _, bad = processed(
        team,
        delivered(delivery(pull_request(), "opened")),
        delivered(delivery(pull_request(state="odd")), moment(hours=1)),
    )
    (parked,) = explained().parked
    assert parked.event_id == bad
    assert parked.reason == "parked: Unreadable at $.pull_request.state"
    assert parked.said.startswith("Invalid enum value 'odd'")
    told = " ".join(events("explain", *PULL).split())
    assert f"! event {bad}: parked: Unreadable at $.pull_request.state: Invalid enum" in told


def test_a_row_that_is_behind_says_so(team):
    processed(team, delivered(delivery(pull_request(title="Old"), "opened")))
    store(team, delivered(delivery(merged(title="New"), "closed"), moment(hours=24)))
    found = explained()
    assert found.pending == 1
    assert found.notes[0].startswith("the row is not up to date: 1 events are pending (manage.py replay ")
    title = next(w for w in found.fields if w.name == "title")
    assert (title.value, title.stored, title.differs) == ("New", "Old", True)
    assert 'the row has "Old"' in events("explain", *PULL)


def test_rows_that_differ_from_the_log_are_named(team):
    processed(
        team,
        delivered(delivery(pull_request(), "opened")),
        delivered(review_delivery(review(9)), moment(hours=2)),
        fetched(commit(), moment(hours=3)),
    )
    assert explained().notes == []
    PullRequest.objects.update(title="By hand")
    PRReview.objects.update(state="commented")
    PullRequestCommit.objects.update(removed=True)
    (note,) = explained().notes
    assert note.startswith(
        f"the row says otherwise in title, review 9, commit {sha_of('head 7')[:12]}: a replay"
    )


def test_a_row_of_an_older_version_says_so(team):
    processed(team, delivered(delivery(pull_request(), "opened")))
    Stream.objects.update(version=VERSION - 1)
    assert (
        explained()
        .notes[0]
        .startswith(f"the row was made by version {VERSION - 1}, the code is at {VERSION}")
    )


def test_a_formula_that_fails_leaves_its_reason(team, monkeypatch):
    processed(team, delivered(delivery(pull_request(), "opened")))

    def fail(state):
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr("ingest.inspection.folded.project", fail)
    assert [(p.event_id, p.reason, p.said) for p in explained().parked] == [
        (None, "parked: ZeroDivisionError", "by hand")
    ]
    assert "! the whole stream: parked: ZeroDivisionError: by hand" in events("explain", *PULL)


def test_rows_that_were_refused_say_why(team):
    processed(
        team,
        delivered(delivery(pull_request(6, id=11), "opened")),
        delivered(delivery(pull_request(7, id=11), "opened"), moment(hours=1)),
    )
    found = explained()
    assert [(p.event_id, p.reason, p.said) for p in found.parked] == [
        (None, "parked: Refused", "the pull request's id 11 is that of number 6 in the same repository")
    ]
    assert found.notes == ["the rows of the whole stream were refused, and stay as they were"]

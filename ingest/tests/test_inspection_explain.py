"""`events explain`: which event set each field, and which lost and why."""

import pytest

from apps.metrics.factories import TeamMemberFactory
from apps.metrics.formulas import FORMULAS
from apps.metrics.models import PRReview, PullRequest, PullRequestCommit
from apps.metrics.projection import columns
from apps.metrics.projection.version import VERSION
from apps.teams.factories import TeamFactory
from ingest.inspection.explain import FIELDS, explain
from ingest.models import RawGitHubEvent, Stream
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
    sha_of,
    simple,
    stamp,
    user,
)
from tests.processed import dump, store, store_and_process

from .events_command import events, events_json, refused

PULL = ("--team", "acme", "--repo", "acme/shop", "--pr", "7")


@pytest.fixture
def team(db):
    return TeamFactory(slug="acme")


def processed(team, *events_):
    """Ids of the events in the order given."""
    store_and_process(team, *events_)
    return list(RawGitHubEvent.objects.order_by("id").values_list("pk", flat=True))[-len(events_) :]


def explained(*names):
    stream = Stream.objects.get(number=7)
    return explain((stream.team_id, stream.repository_id, 7), names)


def why(name):
    (found,) = explained(name).fields
    return found


def reasons(name):
    return {lost.event_id: lost.reason for lost in why(name).lost}


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


def test_a_parked_event_is_named_with_its_reason(team):
    _, bad = processed(
        team,
        delivered(delivery(pull_request(), "opened")),
        delivered(delivery(pull_request(state="odd")), moment(hours=1)),
    )
    (parked,) = explained().parked
    assert parked.event_id == bad
    assert parked.reason.startswith("parked: Unreadable at $.pull_request.state: Invalid enum value 'odd'")
    assert f"! event {bad}: parked: Unreadable at $.pull_request.state" in events("explain", *PULL)


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


def test_reviews_say_which_is_the_first_that_counts_and_why_others_are_not(team):
    processed(
        team,
        delivered(delivery(pull_request(), "opened")),
        *[
            fetched(review(i, state, user=user(who), submitted_at=when and stamp(when)), moment(hours=30))
            for i, (state, who, when) in enumerate(
                [
                    ("COMMENTED", "alice", moment(hours=1)),
                    ("COMMENTED", "lint[bot]", moment(hours=2)),
                    ("DISMISSED", "bob", moment(hours=3)),
                    ("APPROVED", "carol", moment(hours=4)),
                    ("PENDING", "dave", None),
                    ("APPROVED", "erin", None),
                ],
                1,
            )
        ],
    )
    assert {r.review_id: r.role for r in explained("reviews").reviews} == {
        1: "does not count: by the author",
        2: "does not count: by a bot",
        3: "the first review that counts",
        4: "counts, but is not the first",
        5: "its author's draft: makes no row",
        6: "does not count: when it was submitted is not known",
    }
    assert not [r for r in explained("reviews").reviews if r.differs]


def test_a_dismissed_review_keeps_what_it_was_and_says_from_where(team):
    _, approved, dismissed = processed(
        team,
        delivered(delivery(pull_request(), "opened")),
        delivered(review_delivery(review()), moment(hours=2)),
        fetched(review(state="DISMISSED"), moment(hours=1)),
    )
    (found,) = explained("reviews").reviews
    fields = {w.name: w for w in found.fields}
    assert (fields["state"].value, fields["state"].event_id) == ("dismissed", dismissed)
    assert (fields["submitted_state"].value, fields["submitted_state"].event_id) == ("approved", approved)
    assert fields["state"].lost[0].reason == "not applied: a dismissal, which is final, was already known"


def test_commits_say_whether_the_newest_head_leads_to_them(team):
    processed(
        team,
        delivered(delivery(pull_request(head={"sha": sha_of("new")}), "synchronize")),
        fetched(commit("base"), moment(hours=1)),
        fetched(commit("new", ("base",)), moment(hours=1)),
        fetched(commit("old", ("base",)), moment(hours=1)),
    )
    roles = {c.sha: (c.removed, c.role) for c in explained("commits").commits}
    leads = (False, "counts: the newest head leads to it")
    assert roles == {
        sha_of("base"): leads,
        sha_of("new"): leads,
        sha_of("old"): (True, "removed: the newest head does not lead to it (force push)"),
    }
    assert (
        why("commits_incomplete").how == f"the newest head {sha_of('new')[:12]} is among the 3 commits held"
    )
    assert not [c for c in explained("commits").commits if c.differs]


def test_where_the_head_is_not_held_all_commits_count(team):
    processed(team, delivered(delivery(pull_request(), "opened")), fetched(commit("other"), moment(hours=1)))
    (found,) = explained("commits").commits
    assert found.role == "counts: the newest head is not held, so all do"
    assert why("commits_incomplete").how.endswith("is not among the 1 commits held")


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


def test_reviews_that_wait_for_their_pull_request(team):
    processed(team, fetched(review(9), moment(hours=3)))
    found = explained()
    assert found.notes == [
        "no event carries the pull request itself: there is no row, and what is stored waits in the log"
    ]
    assert [(r.review_id, r.role) for r in found.reviews] == [(9, "waits for its pull request: makes no row")]
    assert found.fields == []


def test_a_formula_that_fails_leaves_its_reason(team, monkeypatch):
    processed(team, delivered(delivery(pull_request(), "opened")))

    def fail(state):
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr("ingest.inspection.folded.project", fail)
    assert [(p.event_id, p.reason) for p in explained().parked] == [
        (None, "parked: ZeroDivisionError: by hand")
    ]
    assert "! the whole stream: parked: ZeroDivisionError: by hand" in events("explain", *PULL)


def test_rows_that_were_refused_say_why(team):
    processed(
        team,
        delivered(delivery(pull_request(6, id=11), "opened")),
        delivered(delivery(pull_request(7, id=11), "opened"), moment(hours=1)),
    )
    found = explained()
    assert [(p.event_id, p.reason) for p in found.parked] == [
        (None, "parked: Refused: the pull request's id 11 is that of number 6 in the same repository")
    ]
    assert found.notes == ["the rows of the whole stream were refused, and stay as they were"]


def test_of_many_deliveries_none_is_left_out(team):
    deliveries = (
        delivered(delivery(pull_request(updated_at=stamp(moment(hours=h)))), moment(hours=h))
        for h in range(70)
    )
    *older, newest = processed(team, *deliveries)
    assert why("title").event_id == newest
    assert sorted(reasons("title")) == older


def test_it_writes_nothing(team):
    processed(team, delivered(delivery(pull_request(), "opened")))
    store(team, delivered(delivery(merged(), "closed"), moment(hours=24)))
    before = dump()
    events("explain", *PULL)
    assert dump() == before


def test_json_has_the_same_facts(team):
    (opened,) = processed(team, delivered(delivery(pull_request(), "opened")))
    found = events_json("explain", *PULL, "title", "size")
    assert (found["team"], found["repository"], found["number"]) == ("acme", "acme/shop", 7)
    title, size = found["fields"]
    assert (title["name"], title["value"], title["event_id"]) == ("title", "Change 7", opened)
    assert [i["name"] for i in size["inputs"]] == ["additions", "deletions"]
    assert found["reviews"] == found["commits"] == []


def test_an_unknown_field_is_one_line(team):
    processed(team, delivered(delivery(pull_request(), "opened")))
    message = refused("explain", *PULL, "titel")
    assert message.startswith("a pull request has no field titel; it has github_pr_id, title, ")
    assert message.endswith("reviews, commits")


def test_text_of_a_payload_does_not_reach_the_terminal_raw(team):
    evil = "\x1b[2J\x9b\u202e"
    processed(
        team,
        delivered(delivery(pull_request(title=evil), "opened")),
        delivered(delivery(merged(title=evil + "2"), "closed"), moment(hours=24), action=evil),
        fetched(review(user=user(evil)), moment(hours=3)),
        fetched(commit(commit={"message": evil}), moment(hours=3)),
    )
    for names in ((), ("title", "reviews", "first_review_at")):
        text = events("explain", *PULL, *names)
        assert not [c for c in ("\x1b", "\x9b", "\u202e") if c in text]

"""`events explain` of reviews and commits: which of them count, and why others do not."""

from tests.payloads import (
    commit,
    delivered,
    delivery,
    fetched,
    moment,
    pull_request,
    review,
    review_delivery,
    sha_of,
    stamp,
    user,
)

from .explaining import explained, processed, why


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


def test_reviews_that_wait_for_their_pull_request(team):
    processed(team, fetched(review(9), moment(hours=3)))
    found = explained()
    assert found.notes == [
        "no event carries the pull request itself: there is no row, and what is stored waits in the log"
    ]
    assert [(r.review_id, r.role) for r in found.reviews] == [(9, "waits for its pull request: makes no row")]
    assert found.fields == []

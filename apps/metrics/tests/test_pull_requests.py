"""What the fold makes of a pull request's events, in whatever order they come."""

import time

import pytest

from apps.metrics.processors import fields
from tests.payloads import (
    ABSENT,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    pull_request,
    repository,
    review,
    review_delivery,
    simple,
    stamp,
    user,
)
from tests.processed import folded

from .orders import pick, row


def test_an_open_pull_request(anyone):
    found = row(anyone, delivered(delivery(pull_request(), "opened")))
    assert pick(found, "title", "state", "draft", "author_login", "author_kind", "head_ref", "base_ref") == (
        "Change 7",
        "open",
        False,
        "alice",
        "User",
        "topic-7",
        "main",
    )
    assert pick(found, "additions", "deletions", "changed_files", "commit_count", "size") == (10, 2, 3, 1, 12)
    assert pick(found, "pr_created_at", "merged_at", "closed_at") == (moment(), None, None)


def test_the_list_after_the_detail_keeps_what_only_the_detail_has(anyone):
    detail = fetched(pull_request(additions=70), moment(hours=1))
    item = fetched(simple(pull_request(title="New", updated_at=stamp(moment(hours=5)))), moment(hours=6))
    found = row(anyone, detail, item)
    assert pick(found, "title", "additions", "size") == ("New", 70, 72)


def test_a_merged_pull_request_by_the_list_alone(anyone):
    found = row(anyone, fetched(simple(merged())))
    assert pick(found, "state", "merged_at", "additions", "size") == ("merged", moment(hours=24), None, None)


def test_the_test_merge_is_no_merge(anyone):
    found = row(anyone, fetched(pull_request(merge_commit_sha="f" * 40, mergeable=None)))
    assert pick(found, "state", "merge_commit_sha") == ("open", "f" * 40)


def test_reopened(anyone):
    closed = {"state": "closed", "closed_at": stamp(moment(hours=2)), "updated_at": stamp(moment(hours=2))}
    found = row(
        anyone,
        delivered(delivery(pull_request(), "opened"), moment()),
        delivered(delivery(pull_request(**closed), "closed"), moment(hours=2)),
        delivered(delivery(pull_request(updated_at=stamp(moment(hours=3))), "reopened"), moment(hours=3)),
    )
    assert pick(found, "state", "closed_at") == ("open", None)


def test_a_key_that_is_absent_is_never_written(anyone):
    found = row(
        anyone,
        fetched(pull_request(title="Known", labels=[{"name": "bug"}], draft=True), moment()),
        fetched(
            pull_request(
                title=ABSENT,
                labels=ABSENT,
                draft=ABSENT,
                user=ABSENT,
                head=ABSENT,
                additions=ABSENT,
                updated_at=stamp(moment(hours=1)),
            ),
            moment(hours=1),
        ),
    )
    assert pick(found, "title", "labels", "draft", "author_login", "head_ref", "additions") == (
        "Known",
        ["bug"],
        True,
        "alice",
        "topic-7",
        10,
    )


def test_an_explicit_null_is(anyone):
    found = row(
        anyone,
        fetched(pull_request(labels=[{"name": "bug"}]), moment()),
        fetched(
            pull_request(
                title=None,
                labels=None,
                user=None,
                head=None,
                additions=None,
                updated_at=stamp(moment(hours=1)),
            ),
            moment(hours=1),
        ),
    )
    assert pick(found, "title", "labels", "author_github_id", "author_login", "author_kind") == (
        "",
        [],
        None,
        "",
        "",
    )
    assert pick(found, "head_ref", "head_sha", "additions", "size") == ("", "", None, None)


def test_two_deliveries_of_one_second_are_told_apart_by_the_time_in_their_ids(anyone):
    found = row(
        anyone,
        delivered(delivery(pull_request(title="First")), moment(seconds=0.1)),
        delivered(delivery(pull_request(title="Second")), moment(seconds=0.2)),
        delivered(delivery(pull_request(title="Told by nobody")), None),
    )
    assert found["title"] == "Second"


def test_the_objects_own_time_comes_before_the_messages(anyone):
    found = row(
        anyone,
        fetched(pull_request(title="New", updated_at=stamp(moment(hours=5))), moment(hours=6)),
        delivered(delivery(pull_request(title="Old", updated_at=stamp(moment(hours=4)))), moment(hours=9)),
    )
    assert found["title"] == "New"


def test_without_any_time_the_content_decides(anyone):
    events = [
        delivered(delivery(pull_request(title=title, updated_at=ABSENT)), None) for title in ("A", "B", "C")
    ]
    assert row(anyone, *events)["title"] in ("A", "B", "C")
    dated = delivered(delivery(pull_request(title="Dated")), None)
    assert row(anyone, *events, dated)["title"] == "Dated"


def test_what_a_fetch_says_is_as_new_as_its_answer(anyone):
    told = delivered(delivery(pull_request(title="Told")), moment(hours=1))
    asked = fetched(pull_request(title="Asked"), moment(hours=2))
    assert row(anyone, told, asked)["title"] == "Asked"
    assert row(anyone, told, fetched(pull_request(title="Asked"), None))["title"] == "Told"


def test_times_with_an_offset_are_instants(anyone):
    found = row(
        anyone, fetched(merged(created_at="2026-03-02T10:00:00+02:00", merged_at="2026-03-02T11:30:00Z"))
    )
    assert pick(found, "pr_created_at", "cycle_time_hours") == (moment(hours=-1), 3.5)
    assert found["pr_created_at"].utcoffset().total_seconds() == 0


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        (user("renovate[bot]"), ("renovate[bot]", "Bot")),
        (user("acme", type="Organization"), ("acme", "Organization")),
        ({}, ("", "")),
        (None, ("", "")),
    ],
)
def test_authors(anyone, author, expected):
    assert pick(row(anyone, fetched(pull_request(user=author))), "author_login", "author_kind") == expected


def test_an_author_is_taken_whole(anyone):
    """A login never stands beside another account's id."""
    found = row(
        anyone,
        fetched(pull_request(user=user("alice")), moment()),
        fetched(pull_request(user={"login": "carol"}, updated_at=stamp(moment(hours=1))), moment(hours=1)),
    )
    assert pick(found, "author_login", "author_github_id", "author_kind") == ("carol", None, "")


def test_a_fork_that_was_deleted(anyone):
    found = row(anyone, fetched(pull_request(head={"repo": None, "user": None})))
    assert pick(found, "head_ref", "state") == ("topic-7", "open")


def test_text_that_no_column_takes(anyone):
    title = "a\x00b \ud83d " + "x" * 300
    found = row(anyone, fetched(pull_request(title=title, labels=[{"name": "x\x00"}, {"name": None}, {}])))
    assert found["title"] == "a\ufffdb \ufffd " + "x" * 300
    assert found["labels"] == ["x\ufffd"]


def test_a_review_delivery_brings_the_simple_pull_request(anyone):
    found = row(anyone, delivered(review_delivery(review(), of=pull_request(title="From a review"))))
    assert pick(found, "title", "additions") == ("From a review", None)


def test_states_in_upper_case(anyone):
    assert row(anyone, fetched(pull_request(state="CLOSED")))["state"] == "closed"
    assert row(anyone, fetched(pull_request(state="MERGED")))["state"] == "merged"


@pytest.mark.parametrize(
    ("body", "reverts"),
    [
        ("Reverts acme/shop#12", "acme/shop#12"),
        ("Why.\r\n\r\nreverts acme/my.shop-2#12\r\n", "acme/my.shop-2#12"),
        ("It reverts acme/shop#12", ""),
        ("Reverts #12", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_what_the_body_says_it_reverts(anyone, body, reverts):
    assert row(anyone, fetched(pull_request(body=body)))["reverts"] == reverts


@pytest.mark.parametrize("body", ["\n" * 65_000, " " * 65_000, "reverts " * 8_000, "\nreverts\n" * 7_000])
def test_no_body_takes_long_to_read(body):
    started = time.perf_counter()
    fields.REVERTS.search(body)
    assert time.perf_counter() - started < 0.5


def test_long_histories_are_folded_in_bounded_memory(anyone):
    events = [
        delivered(
            delivery(pull_request(title=f"{n}", updated_at=stamp(moment(minutes=n)))), moment(minutes=n)
        )
        for n in range(200)
    ]
    rare = fetched(pull_request(additions=999), moment(minutes=-5))
    lists = [
        delivered(
            review_delivery(review(), of=pull_request(title=f"{n}", updated_at=stamp(moment(minutes=n)))),
            moment(minutes=n),
        )
        for n in range(200)
    ]
    assert pick(folded(anyone, *events).pull_request, "title") == ("199",)
    for order in ((rare, *lists), (*lists, rare), (*lists[:70], rare, *lists[70:])):
        assert pick(folded(anyone, *order).pull_request, "title", "additions") == ("199", 999)


def test_the_name_counts_for_its_own_repository_only(anyone):
    other = repository("stranger/shop", id=6)
    nameless = {"id": repository()["id"]}
    found = folded(anyone, delivered(delivery(pull_request(repo=other), repository=nameless), moment()))
    assert found.name is None

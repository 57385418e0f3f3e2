"""What a payload may not hold is refused with its place, and harms nothing beside it."""

import pytest

from apps.metrics.processors import (
    StreamState,
    Unreadable,
    handle_commit_event,
    handle_pull_request_event,
    handle_pull_request_review_event,
    handle_repository_event,
)
from tests.payloads import (
    ABSENT,
    commit,
    delivered,
    delivery,
    fetched,
    pull_request,
    repository,
    review,
    review_delivery,
    sha_of,
    user,
)
from tests.processed import folded

HUGE = 10**29


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": HUGE}, "$.pull_request.id"),
        ({"id": 2**63}, "$.pull_request.id"),
        ({"id": -1}, "$.pull_request.id"),
        ({"id": "7"}, "$.pull_request.id"),
        ({"id": None}, "$.pull_request.id"),
        ({"id": ABSENT}, "$.pull_request"),
        ({"number": 2**31}, "$.pull_request.number"),
        ({"number": 0}, "$.pull_request.number"),
        ({"state": "half-open"}, "$.pull_request.state"),
        ({"state": None}, "$.pull_request.state"),
        ({"title": 5}, "$.pull_request.title"),
        ({"user": "alice"}, "$.pull_request.user"),
        ({"user": user(id=HUGE)}, "$.pull_request.user.id"),
        ({"user": user(type="x" * 41)}, "$.pull_request.user.type"),
        ({"additions": 2**31}, "$.pull_request.additions"),
        ({"additions": -1}, "$.pull_request.additions"),
        ({"created_at": "yesterday"}, "$.pull_request.created_at"),
        ({"created_at": 1_700_000_000}, "$.pull_request.created_at"),
        ({"created_at": "1969-12-31T23:59:59Z"}, "$.pull_request"),
        ({"merged_at": "2100-01-01T00:00:01Z"}, "$.pull_request"),
        ({"closed_at": "2026-03-02T09:00:00"}, "$.pull_request"),
        ({"head": {"sha": "f" * 65}}, "$.pull_request.head.sha"),
        ({"labels": [{"name": 5}]}, "$.pull_request.labels[0].name"),
    ],
)
@pytest.mark.parametrize("as_bytes", [True, False])
def test_a_pull_request(anyone, changes, path, as_bytes):
    payload = delivery(pull_request(**changes))

    def read():
        if as_bytes:
            return folded(anyone, delivered(payload))
        return handle_pull_request_event(anyone, payload, into=StreamState(3, 1, 7))

    with pytest.raises(Unreadable) as caught:
        read()
    assert caught.value.path == path
    assert caught.value.reason
    assert str(caught.value).endswith(f"at `{path}`")


@pytest.mark.parametrize(
    ("processor", "payload", "path"),
    [
        (handle_pull_request_review_event, review_delivery(review(id=HUGE)), "$.review.id"),
        (handle_pull_request_review_event, review_delivery(review(state="rejected")), "$.review.state"),
        (handle_pull_request_review_event, review_delivery(review(state="Approved")), "$.review.state"),
        (
            handle_pull_request_review_event,
            review_delivery(review(submitted_at="x")),
            "$.review.submitted_at",
        ),
        (handle_pull_request_review_event, {"action": "submitted"}, ""),
        (handle_commit_event, {"commit": commit(sha="")}, "$.commit.sha"),
        (handle_commit_event, {"commit": commit(sha="f" * 65)}, "$.commit.sha"),
        (handle_commit_event, {"commit": commit() | {"parents": [{}]}}, "$.commit.parents[0]"),
        (handle_commit_event, {"commit": commit(commit=None)}, "$.commit.commit"),
        (handle_commit_event, {"commit": commit(commit={"author": {"date": 5}})}, "$.commit.commit.author"),
        (handle_repository_event, {"repository": {"id": HUGE}}, "$.repository.id"),
        (handle_repository_event, {"repository": repository("x" * 256)}, "$.repository.full_name"),
        (handle_repository_event, {"repository": None}, "$.repository"),
        (handle_repository_event, [], ""),
        (handle_repository_event, None, ""),
    ],
)
def test_other_payloads(anyone, processor, payload, path):
    with pytest.raises(Unreadable) as caught:
        processor(anyone, payload, into=StreamState(3, 1, 7))
    assert caught.value.path == path


def test_a_value_that_is_quoted_in_the_reason_is_no_path(anyone):
    """An index holds the path, and takes no text of any length."""
    odd = "x - at `" + "y" * 3000 + "`"
    with pytest.raises(Unreadable) as caught:
        folded(anyone, delivered(delivery(pull_request(state=odd))))
    assert caught.value.path == "$.pull_request.state"
    assert odd in caught.value.reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b'{"pull_request":', "no JSON"),
        (b'{"pull_request": {"id": 1, "title": "\xff"}}', "no JSON"),
        (b'{"pull_request":' * 100_000, "nested too deep"),
        (b'{"pull_request": {"x": ' + b"[" * 100_000, "nested too deep"),
        (b"null", "Expected `object`"),
        (b"[]", "Expected `object`"),
        (b'{"pull_request": {"id": ' + b"9" * 5000 + b"}}", "."),
    ],
)
def test_bodies_that_are_no_object(anyone, body, reason):
    with pytest.raises(Unreadable, match=reason):
        folded(anyone, delivered(body, event_type="pull_request"))


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"pull_request": {"id": 1, "number": 7, "title": "T"}}',
        b'{"x": "\\ud83d", "pull_request": {"id": 1, "number": 7, "title": "T"}}',
        b'{"x": NaN, "pull_request": {"id": 1, "number": 7, "title": "T"}}',
        b'{"x": 123456789012345678901234567890, "pull_request": {"id": 1, "number": 7, "title": "T"}}',
        b'{"x": 1e300, "y": 1e999, "pull_request": {"id": 1, "number": 7, "title": "T"}}',
        b'{"pull_request": {"id": 1, "number": 7, "title": "lost", "title": "T"}}',
        b'\n {"pull_request": {"id": 1, "number": 7, "title": "T"}}\n',
    ],
)
def test_odd_syntax_where_nobody_reads_is_no_reason(anyone, body):
    found = folded(anyone, delivered(body, event_type="pull_request"))
    assert found.pull_request["title"] == "T"


def test_a_commit_of_null_parts(anyone):
    found = folded(
        anyone,
        fetched(commit("a", author=None) | {"parents": None}),
        fetched(
            commit("b", author={}, stats=None, commit={"message": None, "author": None, "committer": None})
        ),
    )
    assert set(found.links) == {sha_of("a"), sha_of("b")}


def test_the_base_may_say_what_the_repository_is_called(anyone):
    found = folded(anyone, delivered(delivery(pull_request(repo=repository("a/b")), repository=ABSENT)))
    assert found.name.full_name == "a/b"
    assert folded(anyone, delivered(delivery(pull_request(base=None)))).name.full_name == "acme/shop"

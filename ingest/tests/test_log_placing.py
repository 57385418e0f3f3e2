"""One event, one stream: by what its body says, else by what was named."""

from datetime import datetime

import pytest

from apps.teams.factories import TeamFactory
from ingest.log import instants
from ingest.log.placing import derive, place
from ingest.models import RawGitHubEvent, Stream
from tests import payloads
from tests.payloads import REPOSITORY_ID, delivered, fetched, moment, stamp
from tests.processed import store

REPO = {"id": 55, "full_name": "acme/shop"}
HUGE = 10**29
OF_7 = payloads.review(pull_request_url="https://api.github.com/repos/acme/shop/pulls/7")

DELIVERIES = {
    "pull request": ("pull_request", {"pull_request": {"number": 7}, "repository": REPO}, (55, 7)),
    "a review": ("pull_request_review", {"review": {"id": 1}, "pull_request": {"number": 7}}, (0, 7)),
    "comment on a pull request": (
        "issue_comment",
        {"issue": {"number": 8, "pull_request": {"url": "x"}}, "repository": REPO},
        (55, 8),
    ),
    "comment on an issue": ("issue_comment", {"issue": {"number": 8}, "repository": REPO}, (55, 0)),
    "issue with null": (
        "issues",
        {"issue": {"number": 8, "pull_request": None}, "repository": REPO},
        (55, 0),
    ),
    "pull request before issue": (
        "x",
        {"issue": {"number": 8, "pull_request": {}}, "pull_request": {"number": 7}, "repository": REPO},
        (55, 7),
    ),
    "push": ("push", {"ref": "refs/heads/main", "repository": REPO | {"created_at": 1}}, (55, 0)),
    "check naming pull requests": (
        "check_suite",
        {"check_suite": {"pull_requests": [{"number": 7}, {"number": 8}]}, "repository": REPO},
        (55, 0),
    ),
    "no repository": ("organization", {"organization": {"id": 1}}, (0, 0)),
    "repository of the base alone": (
        "pull_request",
        {"pull_request": {"number": 7, "base": {"repo": REPO}}},
        (55, 7),
    ),
    "id of 30 digits": (
        "pull_request",
        {"pull_request": {"number": HUGE}, "repository": {"id": HUGE}},
        (0, 0),
    ),
    "id in 64 bits": ("ping", {"repository": {"id": 2**63 - 1}}, (2**63 - 1, 0)),
    "id in 65 bits": ("ping", {"repository": {"id": 2**63}}, (0, 0)),
    "number over 31 bits": ("x", {"pull_request": {"number": 2**31}, "repository": REPO}, (55, 0)),
    "negative number": ("x", {"pull_request": {"number": -7}, "repository": REPO}, (55, 0)),
    "number true": ("x", {"pull_request": {"number": True}, "repository": REPO}, (55, 0)),
    "number as text": ("x", {"pull_request": {"number": "7"}, "repository": REPO}, (55, 0)),
    "number as float": ("x", {"pull_request": {"number": 7.0}, "repository": REPO}, (55, 0)),
    "repository a text": ("x", {"pull_request": {"number": 7}, "repository": "acme/shop"}, (0, 7)),
    "pull request a list": ("x", {"pull_request": [7], "repository": REPO}, (55, 0)),
    "sender a number": ("x", {"pull_request": {"number": 7}, "repository": REPO, "sender": 1}, (55, 7)),
    "all null": ("x", {"pull_request": None, "repository": None, "sender": None}, (0, 0)),
    "a list": ("x", [1], (0, 0)),
}


@pytest.mark.parametrize(("event_type", "payload", "key"), DELIVERIES.values(), ids=DELIVERIES)
def test_the_stream_of_a_delivery(event_type, payload, key):
    assert place(3, delivered(payload, event_type=event_type)).key == (3, *key)


@pytest.mark.parametrize("headers", [{"Content-Type": "application/x-www-form-urlencoded"}])
def test_the_stream_of_a_form_encoded_delivery(headers):
    body = b"payload=%7B%22pull_request%22%3A%7B%22number%22%3A7%7D%7D"
    assert place(3, delivered(body, event_type="pull_request", headers=headers)).key == (3, 0, 7)


@pytest.mark.parametrize(
    ("found", "event_type", "named", "key"),
    [
        (payloads.pull_request(9), "pull_request", {"number": None}, (REPOSITORY_ID, 9)),
        (payloads.pull_request(9), "pull_request", {"number": 4}, (REPOSITORY_ID, 9)),
        (payloads.pull_request(HUGE), "pull_request", {"number": 4}, (REPOSITORY_ID, 4)),
        (payloads.pull_request(HUGE), "pull_request", {"number": None}, (REPOSITORY_ID, 0)),
        (payloads.review(), "pull_request_review", {"number": 4}, (REPOSITORY_ID, 4)),
        # A review or a commit has no number: one of that name is something else.
        (payloads.review(number=9), "pull_request_review", {"number": 4}, (REPOSITORY_ID, 4)),
        (OF_7, "pull_request_review", {"number": None}, (REPOSITORY_ID, 7)),
        (OF_7, "pull_request_review", {"number": 4}, (REPOSITORY_ID, 7)),
        (payloads.commit(), "commit", {"number": 4, "repository_id": 6}, (6, 4)),
        (b"no JSON", "commit", {"number": 4}, (REPOSITORY_ID, 4)),
        (payloads.pull_request(9, base=None), "pull_request", {"repository_id": 6}, (6, 9)),
    ],
)
def test_the_stream_of_a_fetched_object(found, event_type, named, key):
    assert place(3, fetched(found, event_type=event_type, **named)).key == (3, *key)


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://github.example.com/api/v3/repos/acme/shop/pulls/12", 12),
        ("https://api.github.com/repos/acme/shop/pulls/2147483647", 2**31 - 1),
        ("https://api.github.com/repos/acme/shop/pulls/2147483648", 0),
        ("https://api.github.com/repos/acme/shop/pulls/" + "9" * 5000, 0),
        ("https://api.github.com/repos/acme/shop/pulls/12/reviews", 0),
        ("https://api.github.com/repos/acme/shop/pulls/", 0),
        ("https://api.github.com/repos/acme/shop/issues/12", 0),
        ("https://github.com/acme/shop/pull/12", 0),
        ("", 0),
        (12, 0),
        (None, 0),
    ],
)
def test_the_number_inside_a_reviews_address_of_its_pull_request(url, number):
    found = payloads.review(pull_request_url=url)
    assert place(3, fetched(found, number=None)).derived.number == number


@pytest.mark.parametrize("bot", [False, True])
def test_a_login_of_any_length_is_cut(bot):
    long = "x" * 99 + "\x00" + "y" * 5000
    node = {"author": {"login": long, "__typename": "Bot" if bot else "User"}, "number": 7}
    for event in (
        delivered({"pull_request": {"number": 7}, "sender": {"login": long}}),
        fetched({"number": 7, "user": {"login": long}}),
        fetched({"sha": "a", "author": {"login": long}}),
        fetched(node, source="graphql"),
    ):
        assert place(3, event).derived.actor == "x" * 99 + "\ufffd"


def test_what_is_read_of_a_delivery():
    review = payloads.review(submitted_at="2026-03-02T13:30:00+02:00")
    event = delivered(payloads.review_delivery(review, sender={"login": "bob\x00"}), payloads.moment(hours=3))
    derived = place(3, event).derived
    assert derived == (
        REPOSITORY_ID,
        "acme/shop",
        7,
        str(review["id"]),
        "bob\ufffd",
        payloads.moment(hours=2, minutes=30),
        instants.of_time(payloads.moment(hours=3)),
    )


def test_what_is_read_of_a_fetched_commit():
    derived = place(3, fetched(payloads.commit("one"), payloads.moment(hours=3))).derived
    assert derived.object_id == payloads.sha_of("one")
    assert derived.actor == "alice"
    assert derived.occurred_at == payloads.START
    assert derived.instant == instants.of_time(payloads.moment(hours=3))


@pytest.mark.parametrize("identity", [7, HUGE, "x" * 300])
def test_objects_of_any_id_are_told_apart(identity):
    delivery = delivered({"pull_request": {"id": identity, "number": 7}})
    assert place(3, delivery).derived.object_id == str(identity)[:100]
    assert place(3, fetched({"id": identity, "number": 7})).derived.object_id == str(identity)[:100]


@pytest.mark.parametrize("time", ["", "yesterday", "1969-12-31T23:59:59Z", "2100-01-01T00:00:00Z", 5, None])
def test_a_time_that_cannot_be_is_left_out(time):
    assert place(3, fetched(payloads.pull_request(updated_at=time))).derived.occurred_at is None


@pytest.mark.parametrize(
    ("delivery_id", "known"),
    [
        (payloads.delivery_id(payloads.START), True),
        (payloads.delivery_id(payloads.START).upper(), True),
        ("8f14e45f-ceea-467f-9c5e-4b1d7d0e1f6a", False),  # version 4
        ("13814000-1dd2-11b2-8000-000000000000", True),  # 1970
        ("13813fff-1dd2-11b2-8000-000000000000", False),  # a tick before
        ("ffffffff-ffff-1fff-8000-000000000000", False),  # the year 5236
        ("not-a-uuid", False),
        ("", False),
        (None, False),
    ],
)
def test_the_time_inside_a_delivery_id(delivery_id, known):
    assert (instants.of_delivery(delivery_id) is not None) is known


def test_a_delivery_is_never_placed_in_time_by_when_it_reached_us():
    event = delivered(payloads.delivery(payloads.pull_request()), None, received_at=payloads.START)
    assert place(3, event).derived.instant is None


@pytest.mark.django_db
def test_the_columns_are_stored_as_read():
    team = TeamFactory()
    store(team, fetched(payloads.review(), event_type="pull_request_review"))
    event = RawGitHubEvent.objects.get()
    assert (event.repository_id, event.repository_name, event.number) == (REPOSITORY_ID, "acme/shop", 7)
    assert (event.named_repository_id, event.named_number) == (REPOSITORY_ID, 7)
    assert event.instant_at == event.received_at == payloads.START
    stream = Stream.objects.get()
    assert (stream.team, stream.repository_id, stream.number) == (team, REPOSITORY_ID, 7)


@pytest.mark.parametrize(("action", "time"), [("submitted", moment(hours=2)), ("dismissed", moment(hours=5))])
def test_a_dismissal_happened_when_it_raised_the_pull_request_not_when_the_review_was_submitted(
    action: str, time: datetime
) -> None:
    found = payloads.review(submitted_at=stamp(moment(hours=2)))
    of = payloads.pull_request(updated_at=stamp(moment(hours=5)))
    event = payloads.delivered(payloads.review_delivery(found, of, action))
    assert derive(event).occurred_at == time

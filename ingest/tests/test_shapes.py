"""Whatever brought an object, processors see one shape, and the same facts give the same rows (law 4)."""

import json
from urllib.parse import quote_plus

import pytest

from apps.metrics.processors import Unreadable, payloads
from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.log.placing import place
from ingest.routing import HANDLED
from ingest.shapes import StoredEvent, decode
from tests.payloads import (
    REPOSITORY_ID,
    as_bytes,
    commit,
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
)
from tests.processed import folded, store_and_process
from tests.tables import tables


def stored(event):
    p = place(3, event)
    return StoredEvent(
        *p.key, 1, event.source, event.event_type, event.action, p.sha256, p.derived.instant,
        p.derived.repository_name, p.packed, p.codec, json.dumps(dict(event.headers)),
    )  # fmt: skip


def only(event):
    ((event_type, payload),) = decode(event)
    assert event_type == event.event_type
    return payload


@pytest.mark.parametrize(
    ("event", "shape"),
    [
        (delivered(delivery(pull_request())), payloads.PullRequestDelivery),
        (delivered(review_delivery(review())), payloads.PullRequestReviewDelivery),
        (fetched(pull_request()), payloads.PullRequestDelivery),
        (fetched(review()), payloads.PullRequestReviewDelivery),
        (fetched(commit()), payloads.CommitDelivery),
        (delivered(delivery(pull_request()), source="import"), payloads.PullRequestDelivery),
    ],
)
def test_every_source_gives_the_deliverys_shape(event, shape):
    found = only(stored(event))
    assert type(found) is shape
    assert HANDLED[event.event_type].payload_type is shape
    assert (found.repository.id, found.repository.full_name) == (REPOSITORY_ID, "acme/shop")


def test_nothing_is_made_up_for_an_item_of_a_list():
    found = only(stored(fetched(simple(pull_request()))))
    assert found.pull_request.additions is payloads.UNSET
    assert found.action is None
    assert only(stored(fetched(review()))).pull_request is payloads.UNSET


@pytest.mark.parametrize(
    "named", [{"repository_id": None, "repository": ""}, {"repository": ""}, {"repository_id": None}]
)
def test_without_a_repository_none_is_made_up(named):
    assert only(stored(fetched(commit(), **named))).repository is payloads.UNSET


def test_a_form_encoded_delivery():
    body = b"payload=" + quote_plus(as_bytes(delivery(pull_request(title="a+b & ü")))).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    found = only(stored(delivered(body, event_type="pull_request", headers=headers)))
    assert found.pull_request.title == "a+b & ü"


def test_a_type_that_rest_does_not_have():
    event = stored(fetched(pull_request(), event_type="ping"))
    with pytest.raises(Unreadable, match="no objects of type 'ping'"):
        decode(event)


def test_only_wanted_fields_are_read():
    """A field that nobody reads may hold anything."""
    odd = {"milestone": 10**40, "requested_reviewers": "nobody", "auto_merge": [[]], "_links": None}
    assert only(stored(fetched(pull_request(**odd)))).pull_request.number == 7


FOUND = merged(7, at=moment(hours=9), draft=False, labels=[{"name": "hotfix"}])
VERDICT = review(submitted_at="2026-03-02T12:00:00Z")
SOURCES = {
    "webhook": [
        delivered(delivery(FOUND, "closed"), moment(hours=9)),
        delivered(review_delivery(VERDICT, of=FOUND), moment(hours=9)),
    ],
    "rest": [
        fetched(simple(FOUND), moment(hours=20), endpoint="pulls"),
        fetched(FOUND, moment(hours=20)),
        fetched(VERDICT | {"state": "APPROVED"}, moment(hours=20)),
    ],
    "import": [
        delivered(delivery(FOUND, "closed"), None, source="import"),
        delivered(review_delivery(VERDICT, of=FOUND), None, source="import"),
    ],
}
SOURCES["mixed"] = [event for events in SOURCES.values() for event in events]


@pytest.mark.django_db
def test_the_same_facts_give_the_same_rows_whatever_brought_them():
    rows = {}
    for name, events in SOURCES.items():
        team = TeamFactory(slug=name)
        store_and_process(team, *events)
        found = tables(team)
        rows[name] = [
            {k: v for k, v in row.items() if k != "last_event_id"}
            for row in (*found["PullRequest"], *found["PRReview"])
        ]
        assert not found["ParkedEvent"]
    for name in SOURCES:
        assert rows[name] == rows["webhook"], name


def test_the_requests_name_of_a_repository_is_the_weakest():
    team = Team(pk=3)
    asked = fetched(review(), moment(hours=9), repository="acme/former")
    told = delivered(delivery(pull_request(repo=repository("acme/store"))), None)
    for order in ((asked, told), (told, asked)):
        assert folded(team, *order).name.full_name == "acme/store"
    assert folded(team, asked).name.full_name == "acme/former"

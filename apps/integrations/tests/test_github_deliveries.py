"""What is read of GitHub's list of deliveries, and of one of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.integrations.services.webhooks.github_deliveries import NoPayload, Row, by_guid, event_of, rows_of
from ingest.github.answer import Answer
from ingest.github.errors import UnexpectedAnswer

AT = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
ROW = Row(1, "58474f00-b361-11eb-836d-0e4f3503ccbe", AT, "pull_request", "opened")
# Parsed and dumped again, each of these would be other bytes.
ODD = b'{ "b":1.0e2, "a" : "\\u00e9 \xc3\xa9 \\ud800", "a": 12345678901234567890 ,"n":null}'


def answer(body: bytes) -> Answer:
    url = "https://api.github.com/repos/a/b/hooks/5/deliveries/1"
    return Answer(body, 200, url, {}, AT, 'W/"1"', "57A1", None, None)


def one(payload: bytes, headers: bytes = b"{}") -> Answer:
    return answer(b'{"id":1, "request": {"headers":%s, "payload": %s }, "response":{}}' % (headers, payload))


def test_the_payload_is_taken_as_it_stands() -> None:
    event = event_of(one(ODD), ROW, 7, "a/b")
    assert event.body == ODD
    assert (event.source, event.endpoint, event.delivery_id) == ("webhook", "deliveries", ROW.guid)
    assert event.request is not None
    assert (event.request.url, event.request.etag, event.received_at) == (answer(b"").url, 'W/"1"', AT)


def test_headers_are_kept_under_our_names_without_signature_or_secrets() -> None:
    headers = (
        b'{"content-type":"application/json","x-github-event":"pull_request","X-Hub-Signature-256":"sha256=00",'
        b'"X-Hub-Signature":"sha1=00","Authorization":"Bearer x","X-GitHub-Hook-ID":["5"]}'
    )
    event = event_of(one(b"{}", headers), ROW, 7, "a/b")
    assert event.headers == {"Content-Type": "application/json", "X-GitHub-Event": "pull_request"}


@pytest.mark.parametrize("headers", [b"null", b"[]", b'"x"'])
def test_headers_may_be_missing(headers: bytes) -> None:
    assert event_of(one(b"{}", headers), ROW, 7, "a/b").headers == {}


@pytest.mark.parametrize("payload", [b"null", b'""', b"[]"])
def test_a_payload_may_be_missing(payload: bytes) -> None:
    with pytest.raises(NoPayload):
        event_of(one(payload), ROW, 7, "a/b")


def test_no_request_at_all() -> None:
    with pytest.raises(NoPayload):
        event_of(answer(b'{"id":1}'), ROW, 7, "a/b")


def test_rows_of_one_guid_are_attempts_at_one_event() -> None:
    body = (
        b'[{"id":3,"guid":"g","delivered_at":"2026-06-03T12:00:05.123Z","event":"push","action":null},'
        b'{"id":2,"guid":"h","delivered_at":"2026-06-03T12:00:00Z","event":"star","action":"created"},'
        b'{"id":1,"guid":"g","delivered_at":"2026-06-03T11:00:00Z","event":"push","action":null,"new":1}]'
    )
    found = by_guid(rows_of(answer(body)))
    assert {guid: [row.id for row in rows] for guid, rows in found.items()} == {"g": [3, 1], "h": [2]}


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'[{"id":1}]',
        b"null",
        b"[1]",
        b'[{"id":1,"guid":"g","delivered_at":"2026-06-03T12:00:00","event":"push"}]',
    ],
)
def test_what_is_no_list_of_deliveries(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        rows_of(answer(body))

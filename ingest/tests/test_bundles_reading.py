"""Lines of bundles: what can be read from one, and why one is broken."""

import base64
import json
from datetime import UTC, datetime

import pytest

from ingest.bundles.broken import Broken
from ingest.bundles.reading import read
from ingest.bundles.slicing import members
from ingest.log.facts import NewEvent, Request

from .bundle_events import ODD_PAYLOADS, line


def without(*names, **members):
    found = json.loads(line(**members))
    return json.dumps({name: value for name, value in found.items() if name not in names}).encode()


class TestReading:
    @pytest.mark.parametrize("body", ODD_PAYLOADS.values(), ids=ODD_PAYLOADS)
    def test_takes_the_payload_as_it_stands(self, body):
        whole = b'{"event_type": "pull_request", "payload" :  %s , "pr_number": 7}' % body
        assert read(whole).event.body == body
        assert read(whole).event.number == 7

    def test_takes_a_payload_with_nan_as_it_stands(self):
        assert read(b'{"event_type":"x","payload":{"a":NaN}}').event.body == b'{"a":NaN}'

    @pytest.mark.parametrize("body", [b'{"a":1}', rb'{"a":"\ud800"}'], ids=["fast", "slow"])
    def test_both_ways_of_slicing_read_the_same(self, body):
        start = b' { "headers" : {"X-A": "b"} ,"other":[1,{"payload":2}], "pr_number":7,'
        assert members(start + b'"payload":%s,"source":"rest"} \r' % body) == {
            "headers": {"X-A": "b"},
            "pr_number": 7,
            "payload": body,
            "source": "rest",
        }

    def test_keeps_the_bytes_of_a_large_payload(self):
        body = b'{"title":"' + b"x" * (25 * 2**20) + b'"}'
        assert read(b'{"event_type":"x","payload":%s}' % body).event.body == body

    def test_reads_every_fact(self):
        event, secrets = read(
            line(
                source="rest",
                action="",
                repository={"id": 5, "full_name": "a/b"},
                pr_number=7,
                received_at="2026-01-31T10:00:00+02:00",
                request={
                    "endpoint": "pulls",
                    "url": "/repos/a/b/pulls",
                    "status": 200,
                    "etag": 'W/"x"',
                    "request_id": "A:1",
                    "answered_at": "2026-01-31T08:00:00Z",
                    "truncated": True,
                    "details": {"cost": 1.5},
                },
                headers={"Content-Type": "application/json"},
            )
        )
        at = datetime(2026, 1, 31, 8, tzinfo=UTC)
        assert secrets == ()
        assert event == NewEvent(
            source="rest",
            event_type="pull_request",
            body=b'{"a": 1}',
            headers={"Content-Type": "application/json"},
            endpoint="pulls",
            repository_id=5,
            repository="a/b",
            number=7,
            received_at=at,
            request=Request("/repos/a/b/pulls", 200, 'W/"x"', "A:1", at, True, {"cost": 1.5}),
        )

    def test_event_type_and_payload_are_enough(self):
        assert read(line()).event == NewEvent("import", "pull_request", b'{"a": 1}')

    def test_fills_type_and_delivery_id_from_the_headers(self):
        headers = {"x-github-event": "push", "X-GITHUB-DELIVERY": "abc"}
        event = read(without("event_type", headers=headers)).event
        assert (event.source, event.event_type, event.delivery_id) == ("webhook", "push", "abc")

    def test_the_line_wins_over_its_headers(self):
        event = read(
            line(delivery_id="mine", headers={"X-GitHub-Event": "push", "X-GitHub-Delivery": "x"})
        ).event
        assert (event.event_type, event.delivery_id) == ("pull_request", "mine")

    def test_a_delivery_id_makes_it_a_delivery_and_a_named_source_stays(self):
        assert read(line(delivery_id="abc")).event.source == "webhook"
        assert read(line(delivery_id="abc", source="import")).event.source == "import"

    @pytest.mark.parametrize("source", ["webhook", "import"])
    def test_takes_the_action_from_a_delivery_that_does_not_say(self, source):
        payload = {"action": "opened"}
        assert read(line(source=source, payload=payload)).event.action == "opened"
        assert read(line(source=source, payload=payload, action=None)).event.action == "opened"
        assert read(line(source=source, payload=payload, action="")).event.action == ""
        assert read(rb'{"event_type":"x","payload":{"action":"\ud800"}}').event.action != ""
        assert read(line(source="rest", payload=payload)).event.action == ""

    def test_takes_the_action_of_a_form(self):
        body = base64.b64encode(b"payload=%7B%22action%22%3A%22opened%22%7D").decode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert read(without("payload", body_base64=body, headers=headers)).event.action == "opened"

    def test_never_makes_up_when_it_was_received(self):
        assert read(line()).event.received_at is None

    def test_leaves_secrets_out(self):
        event, secrets = read(line(headers={"Cookie": "a", "authorization": "b", "X-Hub-Signature-256": "c"}))
        assert event.headers == {"X-Hub-Signature-256": "c"}
        assert sorted(secrets) == ["Cookie", "authorization"]


BROKEN = {
    b"": "not a JSON object",
    b"[1]": "not a JSON object",
    b"7": "not a JSON object",
    b"{": "not a JSON object",
    b'{"event_type":"x","payload":{}} {}': "Extra data at character 33",
    b'{"event_type":"x" "payload":{}}': "Expecting ',' at character 19",
    b'{"event_type":"x","payload":{},}': "character 32",
    b'{"event_type":"x",7:{}}': "in double quotes at character 19",
    b'{"event_type":"\xff","payload":{}}': "not UTF-8 at byte 16",
    b'{"event_type":' + b"[" * 100_000: "nested too deep",
    without("event_type"): "event_type is missing",
    line(event_type=""): "event_type is missing",
    line(event_type=5): "event_type is not a text",
    line(event_type="x" * 101): "event_type has 101 characters, 100 are the most",
    line(event_type="a\x00b"): "event_type holds NUL",
    without("payload"): "payload is missing",
    line(payload=None): "payload is not an object",
    line(payload="{}"): "payload is not an object",
    line(body_base64=""): "both payload and body_base64",
    without("payload", body_base64="e30"): "not base64",
    without("payload", body_base64="ä"): "not base64",
    without("payload", body_base64="e3 0="): "not base64",
    without("payload", body_base64=7): "body_base64 is not a text",
    line(source="gitlab"): "source is none of webhook, rest, graphql, import",
    line(source=[]): "source is none of",
    line(action=7): "action is not a text",
    line(action="x" * 101): "action has 101",
    line(delivery_id="x" * 201): "delivery_id has 201 characters",
    line(delivery_id="\ud800"): "delivery_id holds NUL or half a surrogate pair",
    line(repository="a/b"): "repository is not an object",
    line(repository={"id": "5"}): "repository.id is not an integer",
    line(repository={"id": True}): "repository.id is not an integer",
    line(repository={"id": 0}): "repository.id is not between",
    line(repository={"id": 2**63}): "repository.id is not between",
    line(repository={"full_name": 5}): "repository.full_name is not a text",
    line(pr_number=-1): "pr_number is not between",
    line(pr_number=2**31): "pr_number is not between",
    line(pr_number="7"): "pr_number is not an integer",
    line(pr_number=7.0): "pr_number is not an integer",
    line(received_at="yesterday"): "received_at is no time",
    line(received_at=1700000000): "received_at is not a text",
    line(received_at="0001-01-01T00:00:00+10:00"): "received_at is not between 1970 and 2100",
    line(headers=[]): "headers is not an object",
    line(headers={"A": 5}): "the header A is not a text",
    line(headers={"A": "\x00"}): "the header A holds NUL",
    line(headers={"A\x00": ""}): "a header's name holds NUL",
    line(request=[]): "request is not an object",
    line(request={"endpoint": "x" * 51}): "request.endpoint has 51",
    line(request={"url": "x", "status": 40000}): "request.status is not between",
    line(request={"url": "x", "request_id": "x" * 101}): "request.request_id has 101",
    line(request={"url": "x", "answered_at": "x"}): "request.answered_at is no time",
    line(request={"url": "x", "truncated": 1}): "request.truncated is neither",
    line(request={"url": "x", "details": []}): "request.details is not an object",
    line(request={"url": "x", "details": {"a": [{"b\x00": 1}]}}): "request.details holds NUL",
    line(request={"url": "x", "details": {"a": [{"b": "\ud800"}]}}): "request.details holds NUL",
    line(request={"url": "x", "details": {"a": float("nan")}}): "request.details holds a number",
}


@pytest.mark.parametrize(("broken", "reason"), BROKEN.items(), ids=lambda part: str(part)[:60])
def test_says_why_a_line_is_broken(broken, reason):
    with pytest.raises(Broken) as raised:
        read(broken)
    assert reason in str(raised.value)

"""Lines of bundles: what can be read from one, and that a stored event comes back from its own line."""

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as project
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.teams.factories import TeamFactory
from ingest.bundles.broken import Broken
from ingest.bundles.reading import read
from ingest.bundles.slicing import NAMES, members
from ingest.bundles.writing import line_of
from ingest.log.append import append
from ingest.log.facts import NewEvent, Request
from ingest.models import RawGitHubEvent
from tests import payloads

ODD_PAYLOADS = {
    "plain": b'{"a":1}',
    "odd key order and spaces": b'{ "b" : 2,"a":\t1 , "b":3}',
    "NUL": rb'{"title":"a\u0000b"}',
    "lone surrogate": rb'{"title":"a\ud800b"}',
    "surrogate pair": rb'{"title":"\ud83d\ude00"}',
    "raw letters": '{"title":"Ünïcode 😀 \u2028"}'.encode(),
    "huge integer": b'{"id":' + b"9" * 5000 + b"}",
    "lone surrogate and huge integer": rb'{"title":"a\ud800b","id":' + b"9" * 5000 + b"}",
    "1e300": b'{"x":1e300,"y":1E+0300,"z":1.0,"w":-0}',
    "beyond a float": b'{"x":1e999}',
    "escaped slash": rb'{"url":"https:\/\/github.com"}',
    "names of a line": b'{"payload":{"payload":1},"event_type":"x","source":"rest"}',
}
OTHER_BODIES = {
    "newline": b'{"a":\n1}',
    "carriage return": b'{"a":\r1}',
    "trailing newline": b'{"a":1}\n',
    "leading space": b' {"a":1}',
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "NaN": b'{"a":NaN}',
    "not UTF-8": b'{"a":"\xff"}',
    "encoded surrogate": b'{"a":"\xed\xa0\x80"}',
    "not closed": b'{"a":1',
    "two values": b'{"a":1}{"b":2}',
    "breaks out of the line": b'{"a":1},"source":"rest","payload":{"b":2}',
    "list": b"[1]",
    "text": b'"a"',
    "null": b"null",
    "empty": b"",
    "form": b"payload=%7B%22a%22%3A1%7D",
    "bytes": bytes(range(256)),
    "too deep": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


def line(**members):
    return json.dumps({"event_type": "pull_request", "payload": {"a": 1}} | members).encode()


def without(*names, **members):
    found = json.loads(line(**members))
    return json.dumps({name: value for name, value in found.items() if name not in names}).encode()


def stored(event: NewEvent) -> RawGitHubEvent:
    (event_id,) = append(TeamFactory(), [event]).ids
    return RawGitHubEvent.objects.select_related("fetch").get(pk=event_id)


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


@pytest.mark.django_db
class TestWriting:
    @pytest.mark.parametrize("body", ODD_PAYLOADS.values(), ids=ODD_PAYLOADS)
    def test_writes_an_object_as_it_stands(self, body):
        written = line_of(stored(payloads.delivered(body, event_type="x")))
        assert written.endswith(b',"payload":%s}\n' % body)
        assert read(written).event.body == body

    @pytest.mark.parametrize("body", OTHER_BODIES.values(), ids=OTHER_BODIES)
    def test_writes_anything_else_in_base64(self, body):
        written = line_of(stored(payloads.delivered(body, event_type="x")))
        assert "payload" not in json.loads(written)
        assert written.count(b"\n") == 1
        assert read(written).event.body == body

    def test_has_the_keys_that_others_rely_on(self):
        found = payloads.pull_request(7, updated_at="2026-03-02T09:30:00Z")
        written = json.loads(line_of(stored(payloads.delivered(payloads.delivery(found, "closed")))))
        assert written == {
            "source": "webhook",
            "event_type": "pull_request",
            "action": "closed",
            "repository": {"id": payloads.REPOSITORY_ID, "full_name": payloads.REPOSITORY},
            "pr_number": 7,
            "delivery_id": written["delivery_id"],
            "occurred_at": "2026-03-02T09:30:00Z",
            "received_at": "2026-03-02T09:00:00Z",
            "request": None,
            "headers": {"Content-Type": "application/json", "X-GitHub-Event": "pull_request"},
            "payload": payloads.delivery(found, "closed"),
        }

    def test_leaves_out_when_it_was_received_where_that_is_unknown(self):
        assert "received_at" not in json.loads(line_of(stored(NewEvent("import", "ping", b"{}"))))

    def test_says_nothing_of_a_repository_that_nobody_named(self):
        written = json.loads(line_of(stored(NewEvent("import", "ping", b"{}"))))
        assert (written["repository"], written["pr_number"]) == (None, None)

    def test_what_was_named_wins_over_what_the_body_says(self):
        event = payloads.fetched(payloads.pull_request(7), repository_id=5, repository="old/name", number=6)
        written = json.loads(line_of(stored(event)))
        assert (written["repository"], written["pr_number"]) == ({"id": 5, "full_name": "old/name"}, 6)

    def test_does_not_tell_which_run_fetched_it(self):
        written = json.loads(line_of(stored(payloads.fetched(payloads.review()))))
        assert written["request"] == {
            "endpoint": "reviews",
            "url": "/repos/acme/shop/pulls",
            "status": 200,
            "answered_at": "2026-03-02T09:00:00Z",
        }


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
times = st.none() | st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
bodies = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([*ODD_PAYLOADS.values(), *(body for body in OTHER_BODIES.values() if len(body) < 1000)]),
    st.builds(
        lambda value, ascii_only, indent: json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode(
            errors="surrogatepass"
        ),
        any_json | st.dictionaries(st.text(max_size=8), any_json, max_size=3),
        st.booleans(),
        st.sampled_from([None, 1]),
    ),
)
requests = st.builds(
    Request,
    url=texts.filter(bool),
    status=st.none() | st.integers(0, 599),
    etag=texts,
    request_id=texts,
    answered_at=times,
    truncated=st.booleans(),
    details=st.dictionaries(
        texts, texts | st.integers(-(2**63), 2**63) | st.booleans() | st.none(), max_size=3
    ),
)
new_events = st.builds(
    NewEvent,
    source=st.sampled_from(RawGitHubEvent.Source.values),
    event_type=texts.filter(bool),
    body=bodies,
    action=texts,
    delivery_id=st.none() | texts.filter(bool),
    headers=st.dictionaries(texts, texts, max_size=3),
    endpoint=texts,
    repository_id=st.none() | st.integers(1, 2**63 - 1),
    repository=texts,
    number=st.none() | st.integers(0, 2**31 - 1),
    received_at=times,
    request=st.none() | requests,
)


@pytest.mark.django_db
@settings(max_examples=150, deadline=None)
@given(event=new_events)
def test_any_event_comes_back_from_its_line(event):
    """Only what was not named is filled in: with what the body says, so that the same columns are derived."""
    before = stored(event)
    written = line_of(before)
    again = read(written).event
    for name in NewEvent.__slots__:
        if name not in ("repository_id", "repository", "number"):
            assert getattr(again, name) == getattr(event, name), name
    assert again.repository_id == (event.repository_id or before.repository_id or None)
    assert again.repository == (event.repository or before.repository_name)
    after = stored(again)
    assert line_of(after) == written
    for name in (
        "repository_id",
        "repository_name",
        "number",
        "object_id",
        "actor",
        "occurred_at",
        "instant",
    ):
        assert getattr(after, name) == getattr(before, name), name


@pytest.mark.django_db
def test_the_document_lists_the_keys_that_are_written_and_read():
    table = re.findall(
        r"^\| `(\w+)` \|", (Path(project.BASE_DIR) / "docs/bundles.md").read_text(), re.MULTILINE
    )
    written = json.loads(line_of(stored(payloads.delivered(payloads.delivery(payloads.pull_request())))))
    assert table == [*written, "body_base64"]
    assert {*table} - {"occurred_at"} == {*NAMES, "payload"}

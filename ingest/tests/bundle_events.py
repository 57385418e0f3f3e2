"""What tests of bundles write and read: bodies of all kinds, lines, and events that have them."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime

from hypothesis import strategies as st

from ingest.bundles import lines
from ingest.bundles.reading import SECRET_HEADERS
from ingest.log.facts import NewEvent, Request
from ingest.models import RawGitHubEvent
from tests import payloads
from tests.payloads import delivered, fetched, moment

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


def ping(n, **members):
    return line(event_type="ping", payload={"zen": n}, **members)


def history():
    """Deliveries, REST answers of the same pull request, two commits of one answer, bodies of all kinds."""
    found = payloads.merged(7)
    commits = [payloads.commit("one"), payloads.commit("head 7", ("one",))]
    listed = [fetched(commits[0], moment(hours=3))]
    listed.append(fetched(commits[1], moment(hours=3), request=listed[0].request))
    form = payloads.as_bytes(payloads.delivery(found, "labeled")).hex()
    return [
        delivered(payloads.delivery(payloads.pull_request(7), "opened"), moment(hours=1)),
        delivered(payloads.review_delivery(payloads.review()), moment(hours=2), received_at=None),
        fetched(found, moment(hours=25)),
        fetched(payloads.simple(found), moment(hours=26, microseconds=7), endpoint="pulls"),
        fetched(payloads.review(9, "DISMISSED"), moment(hours=24), number=7),
        *listed,
        delivered(payloads.repository_delivery(), moment(hours=4)),
        delivered({"ref": "main", "repository": payloads.repository()}, moment(hours=5), event_type="push"),
        NewEvent("import", "ping", b'{"zen":"x"}'),
        delivered(
            "".join(["payload=", *(f"%{form[i : i + 2]}" for i in range(0, len(form), 2))]).encode(),
            moment(hours=6),
            event_type="pull_request",
            action="labeled",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ),
        *(
            delivered(body, moment(days=2, minutes=n), event_type="pull_request")
            for n, body in enumerate([*ODD_PAYLOADS.values(), *OTHER_BODIES.values()])
        ),
    ]


def read_all(name):
    with ExitStack() as opened:
        yield from lines.open_all([name], opened)[0].lines()


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
# Secrets are left out on the way, and the others fill in what a line lacks: they have tests of their own.
READ = {*SECRET_HEADERS, "x-github-delivery", "x-github-event"}
new_events = st.builds(
    NewEvent,
    source=st.sampled_from(RawGitHubEvent.Source.values),
    event_type=texts.filter(bool),
    body=bodies,
    action=texts,
    delivery_id=st.none() | texts.filter(bool),
    headers=st.dictionaries(texts.filter(lambda name: name.lower() not in READ), texts, max_size=3),
    endpoint=texts,
    repository_id=st.none() | st.integers(1, 2**63 - 1),
    repository=texts,
    number=st.none() | st.integers(0, 2**31 - 1),
    received_at=times,
    request=st.none() | requests,
)

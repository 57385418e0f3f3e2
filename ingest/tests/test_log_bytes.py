"""Stored before understood: whatever comes is kept byte for byte."""

import hashlib
import json
import tracemalloc
from urllib.parse import quote_plus

import pytest
from django.db import DataError, connection

from apps.teams.factories import TeamFactory
from ingest.log import content
from ingest.models import RawGitHubEvent
from ingest.shapes import StoredEvent
from tests import payloads
from tests.processed import store

BODIES = {
    "nul": rb'{"title":"a\u0000b","pull_request":{"number":7}}',
    "lone surrogate": rb'{"title":"\ud83d","pull_request":{"number":7}}',
    "integer over 64 bits": b'{"id":123456789012345678901234567890}',
    "float": b'{"size":1e300,"same":1E+300,"negative_zero":-0.0}',
    "order and spaces": b'{ "b" : 1,\t"a" : 2 }\r\n',
    "duplicate keys": b'{"a":1,"a":2}',
    "byte order mark": b'\xef\xbb\xbf{"pull_request":{"number":7}}',
    "invalid UTF-8": b'{"title":"\xff\xfe"}',
    "raw UTF-8": '{"title":"Grüße 👋"}'.encode(),
    "empty": b"",
    "no JSON": b"<html>502 Bad Gateway</html>",
    "no object": b"[1,2,3]",
    "null": b"null",
    "too deep": b"[" * 100_000,
    "zeros": b"\x00" * 1000,
}


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["webhook", "rest"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_bytes_come_back_as_they_were(body, source):
    build = payloads.delivered if source == "webhook" else payloads.fetched
    done = store(TeamFactory(), build(body, event_type="pull_request"))
    event = RawGitHubEvent.objects.get(pk=done.ids[0])
    assert event.body == body
    assert event.sha256 == hashlib.sha256(body).hexdigest()
    assert (event.size, event.codec) == (len(body), "zstd")


@pytest.mark.django_db
def test_the_largest_delivery_that_github_sends_is_stored():
    body = payloads.as_bytes(payloads.delivery(payloads.pull_request(body="x" * 25_000_000)))
    team = TeamFactory()
    done = store(team, payloads.delivered(body, event_type="pull_request"))
    event = RawGitHubEvent.objects.get(pk=done.ids[0])
    assert (event.body, event.number) == (body, 7)


@pytest.mark.django_db
def test_the_payload_is_parsed_when_asked_for():
    done = store(
        TeamFactory(),
        payloads.delivered(BODIES["nul"], event_type="pull_request"),
        payloads.delivered(b"<html>", event_type="pull_request"),
    )
    good, bad = RawGitHubEvent.objects.in_bulk(done.ids).values()
    assert good.payload["title"] == "a\x00b"
    with pytest.raises(ValueError, match="Expecting value"):
        _ = bad.payload


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Content-Type", "content-type"])
@pytest.mark.parametrize("title", ["a+b & c=d%20", "Grüße 👋", "a\x00b", "\ud83d"])
def test_a_form_encoded_body_is_kept_and_its_payload_read(header, title):
    text = json.dumps(payloads.delivery(payloads.pull_request(title=title)), ensure_ascii=title.isascii())
    if not title.isascii() and title != "\ud83d":
        assert title in text
    text = text if title != "\ud83d" else text.replace("\ud83d", "\\ud83d")
    body = b"other=1&payload=" + quote_plus(text.encode()).encode()
    kind = {header: "application/x-www-form-urlencoded; charset=utf-8"}
    done = store(TeamFactory(), payloads.delivered(body, event_type="pull_request", headers=kind))
    event = RawGitHubEvent.objects.get(pk=done.ids[0])
    assert event.body == body
    assert event.payload["pull_request"]["title"] == title
    assert (event.number, event.repository_id) == (7, payloads.REPOSITORY_ID)
    columns = RawGitHubEvent.objects.filter(pk=event.pk).values_list(*StoredEvent._fields).get()
    read = StoredEvent(*columns[:-1], json.dumps(columns[-1]))
    assert json.loads(read.json_bytes())["pull_request"]["title"] == title


def test_a_form_without_a_payload_is_empty_text():
    assert content.json_bytes(b"a=1", {"Content-Type": "application/x-www-form-urlencoded"}) == b""


@pytest.mark.parametrize(
    "body",
    [b"a&" * 1_000_000, b"payload=" + b"%" * 2_000_000, b"payload=" + b"%7B" * 700_000, b"%7Ba&" * 400_000],
    ids=["fields", "signs", "escapes", "names"],
)
def test_a_form_takes_no_more_memory_than_a_few_times_its_size(body):
    """Anybody may send 25 MB of it to the common address, signed or not."""
    tracemalloc.start()
    try:
        content.json_bytes(body, {"Content-Type": "application/x-www-form-urlencoded"})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * len(body)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (b"payload=%7B%22a%22%3A+1%7d", b'{"a": 1}'),
        (b"other=1&payload=%e2%82%AC&payload=2", b"\xe2\x82\xac"),
        (b"other_payload=1&payload=", b""),
        (b"payload=100%&a=%7B", b"100%"),
        (b"payload=%zz%4%41", b"%zz%4A"),
        (b"payload=\xff%FF", b"\xff\xff"),
        (b"payload=a=b%26c&d", b"a=b&c"),
    ],
)
def test_the_field_of_a_form(form, text):
    assert content.json_bytes(form, {"Content-Type": "application/x-www-form-urlencoded"}) == text


def test_an_unknown_codec_is_refused_by_name():
    packed, codec = content.pack(b"{}")
    assert content.unpack(memoryview(packed), codec) == b"{}"
    with pytest.raises(ValueError, match="'zip'"):
        content.unpack(packed, "zip")


@pytest.mark.django_db
def test_the_answers_facts_are_one_row_however_many_items_it_has():
    request = payloads.Request(
        url="/repos/acme/shop/pulls?page=1", status=200, etag='"x"', details={"left": 9}
    )
    found = [payloads.pull_request(n) for n in (1, 2)]
    done = store(TeamFactory(), *(payloads.fetched(f, request=request) for f in found))
    first, second = RawGitHubEvent.objects.filter(pk__in=done.ids)
    assert first.fetch == second.fetch
    assert (first.fetch.url, first.fetch.etag, first.fetch.details) == (request.url, '"x"', {"left": 9})


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite takes text of any length")
@pytest.mark.parametrize("facts", [{"delivery_id": "x" * 201}, {"action": "x" * 101}])
def test_a_fact_is_refused_rather_than_cut(facts):
    with pytest.raises(DataError, match="too long"):
        store(TeamFactory(), payloads.delivered(b"{}", event_type="push", **facts))
    assert not RawGitHubEvent.objects.exists()

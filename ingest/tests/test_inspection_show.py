"""`events show`: any payload can be looked at, and nothing in it reaches the terminal as a command to it."""

import json
from urllib.parse import urlencode

import pytest
from django.core.management import call_command

from apps.teams.factories import TeamFactory
from ingest.cli.output import print_json
from ingest.inspection.payload import SHOWN, pretty
from ingest.inspection.visible import visible, visible_line
from ingest.models import RawGitHubEvent
from tests.payloads import (
    as_bytes,
    delivered,
    delivery,
    fetched,
    moment,
    pull_request,
)
from tests.processed import store, store_and_process

from .events_command import events, events_bytes, events_json, refused

CONTROL = [chr(c) for c in (*range(32), *range(0x7F, 0xA0)) if chr(c) not in "\n\t"]
TURNING = ["\u202e", "\u2066", "\u200f", "\u061c"]


@pytest.fixture
def team():
    return TeamFactory(slug="acme")


def stored(team, body, **facts):
    return store(team, delivered(body, event_type="pull_request", **facts)).ids[0]


@pytest.mark.parametrize("character", [*CONTROL, *TURNING, "\ud800"])
def test_what_could_drive_a_terminal_is_written_out(character):
    assert visible(f"a{character}b").isascii()
    assert character not in visible(f"a{character}b")
    assert visible("ünï\n\tcode") == "ünï\n\tcode"
    assert visible_line("a\nb\tc") == "a\\nb\\tc"


def test_json_is_the_same_value_with_dangerous_characters_escaped():
    value = {"title": "".join((*CONTROL, *TURNING, "ü")), "half": "\ud800"}
    written = []

    class Stdout:
        write = written.append

    print_json(Stdout(), value)
    assert json.loads(written[0]) == value
    assert not [c for c in (*CONTROL, *TURNING, "\ud800") if c in written[0]]
    assert "ü" in written[0]


BODIES = {
    "nul": as_bytes({"title": "a\x00b"}),
    "lone surrogate": rb'{"title": "\ud800"}',
    "invalid utf-8": b'{"title": "\xff\xfe"}',
    "raw escape": b'{"title": "\x1b[2J"}',
    "8-bit escape": '{"title": "\x9b2J"}'.encode(),
    "byte order mark": b'\xef\xbb\xbf{"title": 1}',
    "nan": b'{"title": NaN}',
    "out of range": b'{"title": 1e999}',
    "huge number": b'{"title": ' + b"9" * 5000 + b"}",
    "nested": b'{"title": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "no json": b"<html>",
    "nothing": b"",
}


@pytest.mark.django_db
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_any_body_can_be_shown(team, body):
    event_id = stored(team, body)
    text = events("show", event_id)
    assert not [c for c in (*CONTROL, *TURNING) if c in text]
    assert events_json("show", event_id)["size"] == len(body)
    assert events_bytes("show", event_id, "--raw") == body


def test_numbers_and_repeated_keys_are_shown_as_they_came():
    assert pretty(b'{"a":1.10,"a":2}').text == '{\n  "a": 1.10,\n  "a": 2\n}'


def test_a_lone_surrogate_does_not_keep_the_rest_from_being_laid_out():
    assert pretty(rb'{"a":"\ud800","b":1}').text == '{\n  "a": "\\ud800",\n  "b": 1\n}'


@pytest.mark.parametrize("end", [b"]}", b',"\\ud800"]}', b""], ids=["json", "hard json", "no json"])
def test_of_a_delivery_of_25_mb_the_beginning_is_shown(end):
    body = b'{"files":[' + b",".join([b'{"name":"a-rather-long-name"}'] * 800_000) + end
    assert len(body) > 23_000_000
    found = pretty(body)
    assert found.cut
    assert len(found.text) <= SHOWN
    assert bool(found.unreadable) == (end == b"")


@pytest.mark.django_db
def test_a_cut_payload_says_how_to_get_all_of_it(team):
    event_id = stored(team, as_bytes({"title": "x" * 2 * SHOWN}))
    assert f"manage.py events show {event_id} --raw writes all of it" in events("show", event_id)


@pytest.mark.django_db
def test_a_form_encoded_body_is_shown_as_the_json_inside_and_raw_as_it_came(team):
    body = urlencode({"payload": '{"zen": "ü"}'}).encode()
    event_id = stored(team, body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert '"zen": "ü"' in events("show", event_id)
    assert events_json("show", event_id)["payload"] == {"zen": "ü"}
    assert events_bytes("show", event_id, "--raw") == body


@pytest.mark.django_db
def test_secrets_in_headers_are_masked_and_the_signature_is_named(team):
    headers = {
        "X-Hub-Signature-256": "sha256=0123",
        "Authorization": "Bearer abc",
        "x-some-token": "abc",
        "X-GitHub-Event": "pull_request",
    }
    event_id = stored(team, delivery(pull_request()), headers=headers)
    found = events_json("show", event_id)
    assert found["signature"] == "X-Hub-Signature-256"
    assert [name for name, value in found["headers"].items() if value != "********"] == ["X-GitHub-Event"]
    text = events("show", event_id)
    assert "0123" not in text
    assert "abc" not in text
    unsigned = stored(team, delivery(pull_request(8)), headers={})
    assert "no header" in events("show", unsigned)


@pytest.mark.django_db
def test_the_facts_of_a_delivery(team):
    event = delivered(delivery(pull_request(), "opened"), moment(hours=1))
    store_and_process(team, event)
    row = RawGitHubEvent.objects.get()
    found = events_json("show", row.pk)
    assert found["team"] == "acme"
    assert (found["status"], found["reason"]) == ("processed", "")
    assert (found["sha256"], found["delivery_id"]) == (row.sha256, event.delivery_id)
    assert found["stored_size"] == len(row.packed)
    stream = {k: found["stream"][k] for k in ("events", "applied", "pending")}
    assert stream == {"events": 1, "applied": 1, "pending": 0}
    assert found["payload"] == json.loads(event.body)
    assert row.sha256 in events("show", row.pk)


@pytest.mark.django_db
def test_the_facts_of_a_request(team):
    store(team, fetched(pull_request(), moment(hours=1)))
    found = events_json("show", RawGitHubEvent.objects.get().pk)
    assert found["request"]["status"] == 200
    assert found["request"]["url"] == "/repos/acme/shop/pulls"
    assert found["endpoint"] == "pull"


@pytest.mark.django_db
def test_a_parked_event_shows_its_traceback(team):
    store_and_process(team, delivered(delivery(pull_request(state="strange"))))
    event_id = RawGitHubEvent.objects.get().pk
    call_command("replay", "--parked", verbosity=0)
    (attempts,) = events_json("show", event_id)["attempts"]
    assert (attempts["error"], attempts["path"], attempts["count"]) == (
        "Unreadable",
        "$.pull_request.state",
        2,
    )
    text = events("show", event_id)
    assert "parked: Unreadable at $.pull_request.state" in text
    assert "Traceback (most recent call last)" in text
    assert "attempt 2 at" in text


@pytest.mark.django_db
def test_an_unknown_id_is_one_line(team):
    assert refused("show", 99) == "no stored event has the id 99"

"""Whatever a payload holds, its page is text, of bounded size, and usable."""

import json
import re

import pytest

from ingest.inspection import tree
from ingest.models import RawGitHubEvent
from ingest.pages import payload as payload_page

EVIL = "</pre></script><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def page(client, stored):
    """The page of the payload with this body, its view and the event."""

    def show(body, query=""):
        event = stored(body)
        answer = client.get(f"/a/ours/events/{event.pk}/payload/{query}")
        assert answer.status_code == 200
        return answer.text.partition('<main id="main"')[2]

    return show


@pytest.mark.parametrize("query", ["", "?view=raw", "?find=script"])
def test_html_is_text(page, query):
    text = page({"title": EVIL, EVIL: 1, "list": [EVIL]}, query)
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
    assert "<img" not in text


def test_what_is_in_the_columns_is_text_too(client, stored):
    event = stored(
        {"action": EVIL[:90], "sender": {"login": EVIL, "id": 1}},
        event_type="<b>push",
        headers={"X-<b>": EVIL},
    )
    for path in ("/a/ours/events/", f"/a/ours/events/{event.pk}/"):
        text = client.get(path).text
        assert "<script>alert" not in text
        assert "<b>push" not in text
        assert "&lt;b&gt;push" in text


def test_marks_of_direction_and_control_characters_are_written_out(page):
    text = page({"name": "a\u202egnp.exe", "nul": "a\u0000b", "esc": "\x1b[2J", "k\u2066": 1})
    for shown in ("a\\u202egnp.exe", "a\\x00b", "\\x1b[2J", "k\\u2066"):
        assert shown in text
    assert not re.search("[\u202e\u2066\x00\x1b]", text)


def test_they_are_written_out_in_the_text_as_it_came(page):
    text = page('{"name": "a\u202egnp.exe", "esc": "\x1b[2J"}'.encode(), "?view=raw")
    assert "a\\u202egnp.exe" in text
    assert not re.search("[\u202e\x1b]", text)


def test_lone_surrogates_are_written_out_and_their_branch_opens(page, client):
    text = page(b'{"a\\ud800": {"b": "\\udfff"}}')
    assert "a\\ud800" in text
    assert "\\udfff" in text
    event = RawGitHubEvent.objects.latest("pk")
    link = next(found for found in re.findall(r'href="\?path=([^"]+)"', text) if "ud800" in found)
    answer = client.get(f"/a/ours/events/{event.pk}/payload/?path={link}")
    assert "\\udfff" in answer.text


def test_a_hundred_thousand_levels_are_shown_as_they_came(page):
    body = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    text = page(body)
    assert "nested too deep" in text
    assert len(text) < 1_000_000
    assert "Only the beginning" in text


def test_what_is_deep_and_can_be_read_is_a_tree_whose_branches_open(page, client):
    text = page(b'{"a":' * 300 + b'"the end"' + b"}" * 300)
    assert text.count('<details class="fold payload"') == tree.DEPTH
    for _ in range(12):
        link = re.findall(r'<a href="(\?path=[^"]+)">[^<]*show this branch', text)
        if not link:
            break
        event = RawGitHubEvent.objects.latest("pk")
        text = client.get(f"/a/ours/events/{event.pk}/payload/{link[0].replace('&amp;', '&')}").text
    assert "the end" in text


@pytest.mark.parametrize("body", [b'{"a": [1, 2', b"\x00\xff\xfe<b>", b"", b"payload=%7B", b"[1,2]]"])
def test_what_is_no_json_is_shown_as_it_came(page, body):
    text = page(body)
    assert "<b>" not in text
    assert "The body is no JSON" in text


def test_twenty_five_megabytes_are_a_small_page(page, client):
    commits = [{"id": n, "message": "x" * 900, "url": f"https://example.com/{n}"} for n in range(26_000)]
    body = json.dumps({"commits": commits, "long": "y" * 1_000_000}).encode()
    assert len(body) > 25_000_000
    text = page(body)
    assert len(text) < 2_000_000
    assert text.count("<p ") + text.count("<details") < tree.NODES + 500
    event = RawGitHubEvent.objects.latest("pk")
    base = f"/a/ours/events/{event.pk}/payload/"
    further = client.get(f"{base}?path=$.commits&from=25990").text
    assert "https://example.com/25999" in further
    assert "https://example.com/25989" not in further
    assert len(client.get(f"{base}?path=$.long").text) < tree.LONG_TEXT + 30_000
    assert "https://example.com/25999" in client.get(f"{base}?path=$.commits[25999].url").text
    assert len(client.get(f"{base}?find=example").text) < 500_000
    assert len(client.get(f"{base}?view=raw").text) < payload_page.SHOWN * 2
    assert len(client.get(f"/a/ours/events/{event.pk}/raw/").content) == len(body)


def test_a_path_that_leads_nowhere_says_so(page):
    assert "Nothing stands at this path" in page({"a": 1}, "?path=$.b.c")
    assert "is no path like" in page({"a": 2}, "?path=a..b")
    assert "Nothing stands at this path" in page({"a": [3]}, "?path=$.a[7]")


def test_numbers_keys_and_constants_stand_as_they_came(page):
    text = page(
        b'{"n": 1.50, "big": 123456789012345678901234567890, "twice": 1, "twice": 2, "x": NaN, "y": null}'
    )
    for shown in ("1.50", "123456789012345678901234567890", "NaN", "null"):
        assert f">{shown}<" in text
    assert text.count(">twice<") == 2


def test_the_bytes_are_downloaded_and_never_shown(client, stored):
    body = f'{{"a": "{EVIL}"}}'.encode()
    event = stored(body)
    answer = client.get(f"/a/ours/events/{event.pk}/raw/")
    assert answer.content == body
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="event-{event.pk}.json"'
    assert answer["X-Content-Type-Options"] == "nosniff"

"""Lines of bundles: what is written of a stored event, and that it comes back from its own line."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings as project
from hypothesis import given, settings

from apps.teams.factories import TeamFactory
from ingest.bundles.reading import read
from ingest.bundles.slicing import NAMES
from ingest.bundles.writing import line_of
from ingest.log.append import append
from ingest.log.facts import NewEvent
from ingest.models import RawGitHubEvent
from tests import payloads

from .bundle_events import ODD_PAYLOADS, OTHER_BODIES, new_events


def stored(event: NewEvent) -> RawGitHubEvent:
    (event_id,) = append(TeamFactory(), [event]).ids
    return RawGitHubEvent.objects.select_related("fetch").get(pk=event_id)


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

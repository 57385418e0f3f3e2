"""The mark on numbers that a replay changed."""

import pytest

from ingest.models import Run
from tests.payloads import REPOSITORY_ID, delivered, delivery, merged, moment, stamp
from tests.processed import store_and_process

pytestmark = pytest.mark.django_db


def marks(client, path: str) -> list[str]:
    text = client.get(path).text
    return [
        part.split('"')[0] for part in text.split('class="mark" href="')[1:] if "numbers changed on" in part
    ]


def pull(number: int) -> str:
    return f"/a/ours/pulls/{REPOSITORY_ID}/{number}/"


def test_what_a_replay_changed_is_marked_and_nothing_else(client, team, pulls, begin, work):
    assert marks(client, "/a/ours/") == []
    run = work(begin("replay", repo=str(REPOSITORY_ID)))
    there = [f"/a/ours/replays/{run.pk}/"]
    assert marks(client, "/a/ours/") == marks(client, pull(3)) == there
    assert marks(client, pull(2)) == []
    assert f"numbers changed on {run.finished_at:%-d %b} by replay {run.pk}" in client.get(pull(3)).text


def test_a_preview_and_a_replay_that_changes_nothing_leave_no_mark(client, team, pulls, begin, work):
    work(begin("dry-run", number="3"))
    work(begin("replay", number="2"))
    assert marks(client, "/a/ours/") == marks(client, pull(3)) == []


def test_what_was_stale_parked_or_pending_keeps_its_mark(client, team, pulls, begin, work):
    from ingest.models import Stream

    Stream.objects.filter(number=3).update(version=0)
    run = work(begin("replay", stale="on"))
    assert marks(client, pull(3)) == [f"/a/ours/replays/{run.pk}/"]


def test_a_later_delivery_takes_the_mark_from_the_pull_request(client, team, pulls, begin, work):
    run = work(begin("replay", number="3"))
    newer = merged(3, moment(hours=90), updated_at=stamp(moment(hours=90)))
    store_and_process(team, delivered(delivery(newer, "closed"), moment(hours=90)))
    assert marks(client, pull(3)) == []
    assert marks(client, "/a/ours/") == [f"/a/ours/replays/{run.pk}/"]


def test_a_replay_of_another_pull_request_in_the_same_minute_is_not_it(client, team, pulls, begin, work):
    run = work(begin("replay", number="3"))
    Run.objects.filter(pk=run.pk).update(scope={"team": "ours", "pr": 4})
    assert marks(client, pull(3)) == []

"""Events that are appended, skipped or moved while their stream is processed."""

import pytest
from django.db import connection

from apps.metrics.models import PRReview, PullRequest
from ingest.log import streams
from ingest.log.reindexing import reindex
from ingest.models import ParkedEvent, RawGitHubEvent, SkippedEvent, Stream
from ingest.replay import folding, processing
from ingest.replay.processing import process
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from ingest.replay.skipping import skip, undo
from ingest.routing import HANDLED
from tests.payloads import fetched, moment, pull_request, review, stamp
from tests.processed import all_streams, store, store_and_process


def before_the_lock(monkeypatch, act):
    """What is done by somebody else after a replay's fold (SQLite) and before it has the streams."""
    lock = streams.lock

    def act_and_lock(keys, **options):
        monkeypatch.setattr(streams, "lock", lock)
        act()
        return lock(keys, **options)

    monkeypatch.setattr(streams, "lock", act_and_lock)


class TestAppendMeanwhile:
    """What is appended between the reading and the writing is not counted as applied."""

    @pytest.mark.parametrize("times", [1, 2])
    def test_it_is_not_missed(self, team, monkeypatch, times):
        store(team, fetched(pull_request()))
        fold, left = folding.fold, [*range(times)]

        def append_after(counts):
            found = fold(counts)
            if left:
                hour = left.pop() + 1
                newer = pull_request(title=f"Meanwhile {hour}", updated_at=stamp(moment(hours=hour)))
                store(team, fetched(newer, moment(hours=hour)))
            return found

        monkeypatch.setattr(processing, "fold", append_after)
        process(all_streams())
        stream = Stream.objects.get()
        title = PullRequest.objects.get().title
        assert stream.pending == 0 or title == "Change 7" or stream.applied < stream.events
        monkeypatch.undo()
        replay(Scope(pending=True))
        assert PullRequest.objects.get().title == f"Meanwhile {times}"
        assert verify(Scope()).changed == 0
        assert Stream.objects.get().pending == 0

    def test_it_is_folded_again_under_the_lock(self, team, monkeypatch):
        if connection.vendor != "sqlite":
            pytest.skip("only SQLite folds before it locks")
        store(team, fetched(pull_request()))

        def append_newer():
            newer = pull_request(title="Meanwhile", updated_at=stamp(moment(hours=1)))
            store(team, fetched(newer, moment(hours=1)))

        before_the_lock(monkeypatch, append_newer)
        process(all_streams())
        assert PullRequest.objects.get().title == "Meanwhile"
        assert Stream.objects.get().applied == 2


class TestDecidedMeanwhile:
    """All is done again before the replay has the lock: the counts are what they were."""

    def test_a_skipped_event_is_not_parked_again(self, team, monkeypatch):
        store_and_process(team, fetched(pull_request()), fetched(pull_request(title=5), moment(hours=1)))
        parked = ParkedEvent.objects.get().event_id
        before_the_lock(monkeypatch, lambda: skip([parked], "sent so once", "ann@example.com"))
        assert process(all_streams()).parked == 0
        assert not ParkedEvent.objects.exists()
        assert SkippedEvent.objects.get().event_id == parked
        assert Stream.objects.get().pending == 0

    def test_one_that_was_skipped_no_more_stays_applied(self, team, monkeypatch):
        with monkeypatch.context() as broken:
            broken.setitem(HANDLED, "pull_request_review", None)
            store_and_process(team, fetched(pull_request()), fetched(review()))
        skipped = ParkedEvent.objects.get().event_id
        skip([skipped], "a bug of ours", "ann@example.com")
        before_the_lock(monkeypatch, lambda: undo([skipped], "ann@example.com"))
        process(all_streams())
        assert PRReview.objects.count() == 1
        assert verify(Scope()).changed == 0

    def test_columns_that_were_derived_again_decide(self, team, monkeypatch):
        store(team, fetched(pull_request(title="Old"), moment(hours=1)))
        (newest,) = store(team, fetched(pull_request(title="New"), moment(hours=2))).ids
        RawGitHubEvent.objects.filter(pk=newest).update(instant=None)

        def derive_again():
            assert reindex(RawGitHubEvent.objects.all()).changed == 1
            process(all_streams())
            assert PullRequest.objects.get().title == "New"

        process(all_streams())
        assert PullRequest.objects.get().title == "Old"
        before_the_lock(monkeypatch, derive_again)
        process(all_streams())
        assert PullRequest.objects.get().title == "New"

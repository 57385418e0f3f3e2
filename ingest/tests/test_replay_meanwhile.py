"""Events that are appended while their stream is processed."""

import pytest
from django.db import connection

from apps.metrics.models import PullRequest
from ingest.log import streams
from ingest.models import Stream
from ingest.replay import folding, processing
from ingest.replay.processing import process
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from tests.payloads import fetched, moment, pull_request, stamp
from tests.processed import all_streams, store


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
        lock = streams.lock

        def append_before_the_lock(keys, **options):
            monkeypatch.setattr(streams, "lock", lock)
            newer = pull_request(title="Meanwhile", updated_at=stamp(moment(hours=1)))
            store(team, fetched(newer, moment(hours=1)))
            return lock(keys, **options)

        monkeypatch.setattr(streams, "lock", append_before_the_lock)
        process(all_streams())
        assert PullRequest.objects.get().title == "Meanwhile"
        assert Stream.objects.get().applied == 2

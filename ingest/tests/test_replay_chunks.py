"""Streams in chunks of any size, that are not there, or that were emptied."""

import random

import pytest

from apps.metrics.models import Commit, PRReview, PullRequest
from apps.teams.factories import TeamFactory
from ingest.log import streams
from ingest.models import RawGitHubEvent, Stream
from ingest.replay.processing import process
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from tests.payloads import (
    REPOSITORY_ID,
    commit,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    pull_request,
    review,
    stamp,
)
from tests.processed import all_streams, store, store_and_process
from tests.tables import tables


def history():
    """A team's events with a bit of everything."""
    events = []
    for number in range(1, 30):
        at = moment(hours=number)
        events += [
            delivered(delivery(pull_request(number), "opened"), at),
            fetched(merged(number, at=moment(hours=number + 5)), moment(hours=number + 9)),
            fetched(review(number, submitted_at=stamp(at)), moment(hours=number + 9), number=number),
            fetched(commit(f"head {number}", (f"head {number - 1}",)), at, number=number),
            fetched(commit(f"head {number - 1}"), at, number=number),
        ]
    return events


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_any_chunk_size_gives_the_same_tables(db, size):
    first, second = TeamFactory(), TeamFactory()
    store_and_process(first, *history())
    shuffled = random.Random(size).sample(history(), len(history()))
    store(second, *shuffled)
    keys = [key for key in all_streams() if key[0] == second.pk]
    random.Random(size).shuffle(keys)
    for i in range(0, len(keys), size):
        process(keys[i : i + size])
    assert tables(first) == tables(second)
    assert verify(Scope()).changed == 0


def test_streams_that_are_not_there_and_none_at_all(team):
    assert process([]).streams == 0
    assert process([(team.pk, 1, 1)]).streams == 0


def test_an_emptied_stream_loses_its_rows(team):
    """As after its events were moved elsewhere."""
    store_and_process(team, fetched(pull_request()), fetched(review()), fetched(commit()))
    RawGitHubEvent.objects.update(number=8)
    Stream.objects.update(events=0, applied=-1, bytes=0)
    streams.make([(team.pk, REPOSITORY_ID, 8)])
    Stream.objects.filter(number=8).update(events=3, applied=-1, bytes=1)
    report = replay(Scope(pending=True)).as_json()
    assert report["deleted"] >= 2
    assert list(PullRequest.objects.values_list("number", flat=True)) == [8]
    assert PRReview.objects.get().pull_request.number == 8
    assert Commit.objects.get().number == 8
    assert verify(Scope()).changed == 0

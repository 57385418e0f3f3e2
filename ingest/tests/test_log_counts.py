"""A stream counts its events, those of them that are applied, and its packed bytes."""

import pytest
from django.db.models import Sum

from apps.teams.factories import TeamFactory
from ingest.log import streams
from ingest.log.append import append
from ingest.models import RawGitHubEvent, Stream
from tests import payloads
from tests.payloads import REPOSITORY_ID, delivered, fetched, moment
from tests.processed import all_streams, store, store_and_process

pytestmark = pytest.mark.django_db


def counts(team):
    return {
        str(stream): (stream.events, stream.applied, stream.pending)
        for stream in Stream.for_team(team).order_by("repository_id", "number")
    }


def test_events_of_types_without_a_processor_are_applied_when_stored():
    team = TeamFactory()
    repository = {"repository": payloads.repository()}
    store(
        team,
        delivered(payloads.delivery(payloads.pull_request())),
        delivered({"issue": {"number": 7, "pull_request": {}}} | repository, event_type="issue_comment"),
        delivered(repository, event_type="push"),
        delivered(repository, event_type="something_new"),
        delivered(payloads.repository_delivery()),
        delivered({}, event_type="organization"),
    )
    assert counts(team) == {
        "0#0": (1, 1, 0),
        f"{REPOSITORY_ID}#0": (3, 2, 1),
        f"{REPOSITORY_ID}#7": (2, 1, 1),
    }


def test_only_what_was_stored_is_counted():
    team = TeamFactory()
    event = fetched(payloads.pull_request())
    assert append(team, []).ids == []
    store(team, event, event)
    store(team, event)
    stream = Stream.objects.get()
    assert (stream.events, stream.applied) == (1, 0)
    assert stream.bytes == sum(len(e.packed) for e in RawGitHubEvent.objects.all())


def test_processing_applies_what_it_read():
    team = TeamFactory()
    store_and_process(team, fetched(payloads.pull_request()), fetched(payloads.commit()))
    assert counts(team) == {f"{REPOSITORY_ID}#7": (2, 2, 0)}
    store(team, fetched(payloads.pull_request(title="New"), moment(hours=1)))
    assert counts(team) == {f"{REPOSITORY_ID}#7": (3, 2, 1)}


def test_a_stream_whose_events_moved_is_pending_even_when_it_is_empty():
    team = TeamFactory()
    store_and_process(team, fetched(payloads.pull_request()))
    streams.reread(all_streams())
    stream = Stream.objects.get()
    assert (stream.applied, stream.pending) == (-1, 1)
    Stream.objects.update(events=0)
    assert Stream.objects.get().events > Stream.objects.get().applied


def test_ids_are_those_of_the_new_events_in_the_batchs_order():
    team = TeamFactory()
    store(team, fetched(payloads.pull_request(2)))
    found = [fetched(payloads.pull_request(n)) for n in (3, 2, 1)]
    done = store(team, *found)
    assert done.ids == sorted(done.ids)
    numbers = RawGitHubEvent.objects.in_bulk(done.ids)
    assert [numbers[i].number for i in done.ids] == [3, 1]
    assert [key[2] for key in sorted(done.streams)] == [1, 3]


def test_a_batch_is_stored_whole_or_not_at_all(monkeypatch):
    team = TeamFactory()
    monkeypatch.setattr(streams, "grow", lambda by: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store(team, fetched(payloads.pull_request()))
    assert not RawGitHubEvent.objects.exists()
    assert not Stream.objects.exists()


def test_a_batch_asks_the_database_no_more_than_a_single_event(django_assert_max_num_queries):
    team = TeamFactory()
    with django_assert_max_num_queries(12):
        store(team, *(fetched(payloads.pull_request(n)) for n in range(1, 201)))
    assert Stream.objects.aggregate(total=Sum("events"))["total"] == 200

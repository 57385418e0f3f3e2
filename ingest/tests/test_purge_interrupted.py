"""A purge that is killed, or that an append waits for, leaves whole streams only."""

import threading

import pytest
from django.db import connection, connections

from apps.metrics.models import Repository
from ingest.log import purging, streams
from ingest.log.append import append
from ingest.log.purging import purge
from ingest.models import AuditLine, Fetch, RawGitHubEvent, Stream
from ingest.replay.replaying import verify
from ingest.replay.scope import Scope
from tests import payloads
from tests.payloads import REPOSITORY, REPOSITORY_ID, fetched, moment
from tests.tables import tables

from .purged import of_other, of_shop, stored

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    pass


def test_a_killed_purge_leaves_whole_streams_and_is_taken_up():
    team, expected = stored(*of_shop(), *of_other()), stored(*of_other())

    def kill(counts):
        if counts["streams"] == 2:
            raise Killed

    with pytest.raises(Killed):
        purge(team, {REPOSITORY_ID: REPOSITORY}, "a test", kill)
    assert AuditLine.objects.get().detail["finished"] is False
    assert AuditLine.objects.get().detail["deleted"]["streams"] == 2
    keys = set(Stream.for_team(team).values_list("repository_id", "number"))
    assert keys == set(RawGitHubEvent.for_team(team).values_list("repository_id", "number"))
    assert Repository.for_team(team).filter(github_repo_id=REPOSITORY_ID).exists()
    assert verify(Scope(team=team.slug)).changed == 0

    purge(team, {REPOSITORY_ID: REPOSITORY}, "a test")
    assert tables(team) == tables(expected)


def test_a_stream_goes_whole_or_not_at_all(monkeypatch):
    team = stored(*of_shop())

    def fail(key):
        raise Killed

    monkeypatch.setattr(purging, "_delete_repository", fail)
    before = tables(team), RawGitHubEvent.objects.count(), Fetch.objects.count()
    with pytest.raises(Killed):
        purge(team, None, "a test")
    assert (tables(team), RawGitHubEvent.objects.count(), Fetch.objects.count()) == before


@pytest.mark.django_db(transaction=True)
def test_an_append_that_waited_for_a_purge_makes_the_stream_anew(monkeypatch):
    """Its row was there when it looked, and is gone when it gets the lock: the event must be counted."""
    if connection.vendor == "sqlite":
        pytest.skip("nobody waits between two statements on SQLite")
    team = stored(*of_shop())
    inside, release = threading.Event(), threading.Event()
    delete_events = purging._delete_events

    def hold(key):
        inside.set()
        release.wait(10)
        return delete_events(key)

    def purge_in_thread():
        try:
            purge(team, None, "a test")
        finally:
            connections.close_all()

    made = streams.make

    def made_while_purged(keys):
        made(keys)
        release.set()

    monkeypatch.setattr(purging, "_delete_events", hold)
    monkeypatch.setattr(purging, "streams_of", lambda *of: Stream.objects.filter(number=7))
    thread = threading.Thread(target=purge_in_thread)
    thread.start()
    assert inside.wait(10)
    monkeypatch.setattr(streams, "make", made_while_purged)
    append(team, [fetched(payloads.pull_request(7), moment(days=5))])
    thread.join(10)
    stream = Stream.objects.get(number=7)
    assert (stream.events, RawGitHubEvent.objects.filter(number=7).count()) == (1, 1)

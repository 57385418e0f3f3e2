"""Dry runs and verifications while deliveries come in."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection

from apps.metrics.models import PullRequest
from apps.teams.factories import TeamFactory
from ingest.models import Stream
from ingest.replay import looking
from ingest.replay.replaying import dry_run, verify
from ingest.replay.scope import Scope
from ingest.replay.snapshot import snapshot
from tests.payloads import commit, fetched, moment, pull_request, review, stamp
from tests.processed import store_and_process

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(act):
    """On another connection, and done when this returns."""

    def work():
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@pytest.mark.parametrize("look", [verify, dry_run])
def test_what_is_stored_and_processed_between_two_reads_is_no_difference(look, monkeypatch):
    team = TeamFactory()
    store_and_process(team, fetched(pull_request()), fetched(commit()))
    fold = looking.fold

    def fold_and_deliver(counts, **options):
        found = fold(counts, **options)
        newer = pull_request(title="Meanwhile", updated_at=stamp(moment(hours=1)))
        elsewhere(lambda: store_and_process(team, fetched(newer, moment(hours=1)), fetched(review())))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(looking, "fold", fold_and_deliver)
        report = look(Scope())
    assert PullRequest.objects.get().title == "Meanwhile"
    assert report.changed == 0
    assert report.processed.events == 2
    assert look(Scope()).processed.events == 4


def test_reads_are_of_one_moment_and_the_next_of_another():
    team = TeamFactory()
    with snapshot():
        assert not Stream.objects.exists()
        elsewhere(lambda: store_and_process(team, fetched(pull_request())))
        assert not Stream.objects.exists()
    with snapshot():
        assert Stream.objects.exists()


def test_nothing_of_it_is_written_and_after_a_failure_all_goes_on():
    team = TeamFactory()
    store_and_process(team, fetched(pull_request()))

    def write_and_fail():
        with snapshot():
            PullRequest.objects.update(title="written")
            raise ZeroDivisionError

    # PostgreSQL refuses the statement itself.
    with pytest.raises((DatabaseError, ZeroDivisionError)):
        write_and_fail()
    assert PullRequest.objects.get().title == "Change 7"
    store_and_process(team, fetched(pull_request(8)))
    assert PullRequest.objects.count() == 2

"""Processing tells the listeners of repositories: after the commit, and whatever they do."""

import pytest
from django.db import IntegrityError, transaction

from apps.teams.factories import TeamFactory
from ingest.models import ParkedEvent
from ingest.replay import processing
from ingest.replay.processing import process
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from tests.payloads import REPOSITORY_ID, delivered, fetched, pull_request, repository_delivery
from tests.processed import all_streams, store, store_and_process


class TestListeners:
    @pytest.fixture
    def heard(self, monkeypatch):
        found = []
        monkeypatch.setattr(processing, "LISTENERS", [lambda *key: found.append(key)])
        return found

    @pytest.mark.parametrize("event_type", ["repository", "ping"])
    def test_they_are_told_of_repositories_after_the_commit(
        self, team, heard, django_capture_on_commit_callbacks, event_type
    ):
        event = delivered(repository_delivery(), event_type=event_type)
        with django_capture_on_commit_callbacks(execute=True):
            store_and_process(team, event, fetched(pull_request()))
            assert heard == []
        assert heard == [(team.pk, REPOSITORY_ID)]
        with django_capture_on_commit_callbacks(execute=True):
            replay(Scope())
        assert heard == [(team.pk, REPOSITORY_ID)] * 2

    def test_a_look_tells_nobody(self, team, heard, django_capture_on_commit_callbacks):
        store_and_process(team, delivered(repository_delivery()))
        with django_capture_on_commit_callbacks(execute=True):
            verify(Scope())
        assert heard == []

    def test_what_was_rolled_back_is_told_to_nobody(self, team, heard, django_capture_on_commit_callbacks):
        store(team, delivered(repository_delivery()))
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            process(all_streams())
            transaction.set_rollback(True)
        assert heard == []

    @pytest.mark.django_db(transaction=True)
    def test_one_that_fails_harms_nobody(self, monkeypatch):
        team, heard = TeamFactory(), []

        def broken(*key):
            raise IntegrityError("a bug upstairs")

        monkeypatch.setattr(processing, "LISTENERS", [broken, lambda *key: heard.append(key)])
        found = store_and_process(team, delivered(repository_delivery()), fetched(pull_request()))
        assert (found.parked, found.outcome.counts["created"]) == (0, 1)
        assert heard == [(team.pk, REPOSITORY_ID)]
        assert not ParkedEvent.objects.exists()

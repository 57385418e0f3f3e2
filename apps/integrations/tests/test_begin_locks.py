"""Who makes runs, and who changes them, do not wait for each other in a circle."""

import threading

import pytest
from django.db import connections, transaction

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.listeners import refresh
from apps.integrations.models import AvailableRepository
from apps.integrations.services.github_sync import begin
from apps.integrations.services.repositories import following
from ingest.backfill.window import Window
from ingest.models import Run

from .pages import mute

pytestmark = pytest.mark.django_db(transaction=True)

# Long enough for the other one to come to its lock.
MOMENT = 0.5


@pytest.fixture
def beside():
    """Begins a run of a repository in another thread, once it is let; what came of it is in `begun`."""

    class Beside:
        def __init__(self):
            self.go, self.done, self.begun = threading.Event(), threading.Event(), []

        def begins(self, tracked):
            def work():
                try:
                    self.go.wait(10)
                    self.begun.append(begin(tracked, Window()))
                finally:
                    self.done.set()
                    connections.close_all()

            self.thread = threading.Thread(target=work)
            self.thread.start()

        def for_a_moment(self):
            self.go.set()
            self.done.wait(MOMENT)

    found = Beside()
    yield found
    found.go.set()
    found.thread.join(30)


def test_who_follows_many_and_who_begins_one(beside, monkeypatch):
    """A message of before comes while the repository is followed again."""
    mute(monkeypatch, tasks.continue_backfill, tasks.settle_webhook)
    tracked = TrackedRepositoryFactory(is_active=False)
    listed = AvailableRepository.objects.create(
        team=tracked.team,
        integration=tracked.integration,
        github_repo_id=tracked.github_repo_id,
        full_name=tracked.full_name,
    )
    start_many = following.start_many

    def start_beside(*args, **options):
        beside.for_a_moment()
        return start_many(*args, **options)

    monkeypatch.setattr(following, "start_many", start_beside)
    beside.begins(tracked)
    found = following.follow_many(tracked.integration, [listed], Window(), "me")
    beside.thread.join(30)
    assert (found.new, found.runs) == ([tracked.full_name], 1)
    assert beside.begun == [(Run.objects.get(), False)]


def test_who_ends_a_run_and_who_begins_one(beside):
    tracked = TrackedRepositoryFactory()
    run, _ = begin(tracked, Window())
    beside.begins(tracked)
    with transaction.atomic():
        Run.objects.filter(pk=run.pk).update(state=Run.State.COMPLETE)
        beside.for_a_moment()
        refresh(tracked.integration)
    beside.thread.join(30)
    assert len(beside.begun) == 1

"""Runs of repositories that are not followed any more."""

import pytest

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import AvailableRepository, TrackedRepository
from apps.integrations.services import github_sync
from apps.integrations.services.github_sync import NotFollowed, begin
from apps.integrations.services.repositories.following import follow_many
from apps.integrations.services.repositories.tracking import unfollow
from apps.integrations.services.runs import leftover
from apps.integrations.services.runs.leftover import cancel_leftover
from ingest.backfill.window import Window
from ingest.models import Run

from .pages import mute

pytestmark = pytest.mark.django_db

State = Run.State
WHO = "alice@example.com"


def left(**of):
    """The run of a repository that is not followed any more."""
    tracked = TrackedRepositoryFactory(**of)
    run, _ = begin(tracked, Window(30))
    TrackedRepository.objects.filter(pk=tracked.pk).update(is_active=False)
    return run


def state(run):
    return Run.objects.get(pk=run.pk).state


@pytest.mark.parametrize("was", Run.ACTIVE)
def test_beat_cancels_them(was, monkeypatch):
    sent = mute(monkeypatch, tasks.continue_backfill)
    run = left()
    followed, _ = begin(TrackedRepositoryFactory(), Window(30))
    Run.objects.filter(pk=run.pk).update(state=was)
    tasks.resume_waiting_runs()
    assert (state(run), state(followed)) == (State.CANCELLED, State.QUEUED)
    assert sent == [("continue_backfill", followed.pk)]


def test_a_repository_without_a_row():
    run = left()
    TrackedRepository.objects.all().delete()
    cancel_leftover()
    assert state(run) == State.CANCELLED


def test_what_is_over_and_replays_stay():
    over = left()
    Run.objects.update(state=State.COMPLETE)
    replay = Run.objects.create(team=over.team, kind=Run.Kind.REPLAY)
    cancel_leftover()
    assert (state(over), state(replay)) == (State.COMPLETE, State.QUEUED)


def test_another_team_that_follows_it_keeps_nobody_s_run():
    run = left(github_repo_id=7)
    other, _ = begin(TrackedRepositoryFactory(github_repo_id=7), Window(30))
    cancel_leftover()
    assert (state(run), state(other)) == (State.CANCELLED, State.QUEUED)


def test_it_is_not_cancelled_of_somebody_who_follows_at_this_moment(monkeypatch):
    run = left()

    def followed_since(team_id, github_repo_id):
        TrackedRepository.objects.update(is_active=True)
        return github_sync.locked(team_id, github_repo_id)

    monkeypatch.setattr(leftover, "locked", followed_since)
    cancel_leftover()
    assert state(run) == State.QUEUED


def test_following_many_again_begins_anew(monkeypatch):
    mute(monkeypatch, tasks.continue_backfill)
    run = left()
    integration = TrackedRepository.objects.get().integration
    row = AvailableRepository(
        team=run.team, integration=integration, github_repo_id=run.github_repo_id, full_name="acme/rocket"
    )
    assert follow_many(integration, [row], Window(365), WHO).runs == 1
    now = Run.objects.latest("pk")
    assert (state(run), now.scope["window"]) == (State.CANCELLED, {"days": 365, "open": True})


def test_none_begins_of_a_repository_that_was_unfollowed_since_it_was_read():
    """A task asks GitHub for a minute in between."""
    tracked = TrackedRepositoryFactory()
    unfollow(TrackedRepository.objects.get(), WHO)
    with pytest.raises(NotFollowed, match="is not followed any more"):
        begin(tracked, Window())
    TrackedRepository.objects.all().delete()
    with pytest.raises(NotFollowed):
        begin(tracked, Window())
    assert not Run.objects.exists()


def test_one_that_ended_while_the_lock_was_waited_for_is_not_the_repository_s(monkeypatch):
    tracked = TrackedRepositoryFactory()
    first, _ = begin(tracked, Window())
    lock = github_sync.locked

    def ended_meanwhile(team_id, github_repo_id):
        Run.objects.filter(pk=first.pk).update(state=State.COMPLETE)
        return lock(team_id, github_repo_id)

    monkeypatch.setattr(github_sync, "locked", ended_meanwhile)
    run, new = begin(tracked, Window())
    assert new
    assert run != first

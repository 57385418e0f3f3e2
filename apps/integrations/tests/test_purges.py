from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import Purge
from apps.integrations.services.github_sync import begin, sync_repository_history
from apps.integrations.services.purges import ask, due, living, work_on
from apps.metrics.models import PullRequest
from ingest.backfill.window import Window
from ingest.log import purging
from ingest.models import AuditLine, RawGitHubEvent, Run, Stream
from ingest.runs.lease import LeaseLost, take

pytestmark = pytest.mark.django_db

WHO = "alice@example.com"


@pytest.fixture
def tracked(standin, world):
    found = TrackedRepositoryFactory(github_repo_id=world.repository.id, full_name="acme/rocket")
    sync_repository_history(found)
    return found


def asked(tracked, repository=True):
    if repository:
        return ask(tracked.team, tracked.github_repo_id, tracked.full_name, WHO)
    return ask(tracked.team, 0, "", WHO)


def test_it_takes_all_of_a_repository_and_leaves_a_line(tracked):
    other = TrackedRepositoryFactory(
        team=tracked.team, integration=tracked.integration, github_repo_id=tracked.github_repo_id + 1
    )
    begin(other, Window())
    found = asked(tracked)
    assert found.streams == Stream.for_team(tracked.team).count() > 0
    work_on(found.pk)
    found.refresh_from_db()
    assert (found.state, found.deleted["streams"]) == (Purge.State.DONE, found.streams)
    assert not RawGitHubEvent.objects.exists()
    assert not PullRequest.objects.exists()
    # Another repository's run is left alone.
    assert Run.objects.get().github_repo_id == other.github_repo_id
    (line,) = AuditLine.objects.filter(action="purge")
    assert (line.who, line.detail["finished"]) == (WHO, True)


def test_a_living_run_is_cancelled_first(tracked):
    run, _ = begin(tracked, Window())
    lease = take(run)
    asked(tracked)
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    with pytest.raises(LeaseLost):
        lease.write()


def test_the_whole_team(tracked):
    begin(tracked, Window())
    found = asked(tracked, repository=False)
    work_on(found.pk)
    assert not Run.objects.exists()
    assert not Stream.objects.exists()
    assert type(tracked).objects.filter(pk=tracked.pk).exists()


def test_asked_twice_is_one(tracked):
    found = asked(tracked)
    assert asked(tracked) == found
    assert living(tracked.team, tracked.github_repo_id) == found
    work_on(found.pk)
    assert living(tracked.team, tracked.github_repo_id) is None
    assert asked(tracked) != found


def test_a_killed_one_is_taken_up(tracked, monkeypatch):
    found = asked(tracked)

    class Killed(BaseException):
        pass

    purge_stream, gone = purging._purge_stream, []

    def killed(*args):
        if len(gone) == 3:
            raise Killed
        gone.append(args)
        purge_stream(*args)

    clock = iter(range(1000))
    monkeypatch.setattr(purging, "_purge_stream", killed)
    with pytest.raises(Killed):
        work_on(found.pk, clock=lambda: next(clock))
    found.refresh_from_db()
    assert (found.state, found.deleted["streams"]) == (Purge.State.RUNNING, 3)
    now = timezone.now()
    assert list(due(now)) == []
    work_on(found.pk)
    assert Stream.objects.exists()

    gone.clear()
    monkeypatch.setattr(purging, "_purge_stream", purge_stream)
    Purge.objects.update(heartbeat_at=now - timedelta(minutes=3))
    sent = []
    monkeypatch.setattr(tasks.work_on_purge, "delay", sent.append)
    tasks.work_on_purges()
    assert sent == [found.pk]
    tasks.work_on_purge(found.pk)
    found.refresh_from_db()
    assert (found.state, found.deleted["streams"]) == (Purge.State.DONE, found.streams)
    assert not Stream.objects.exists()
    # One act, whoever did it in how many attempts.
    (line,) = AuditLine.objects.filter(action="purge")
    assert (line.detail["finished"], line.detail["deleted"]) == (True, found.deleted)


def test_each_act_has_a_line(tracked):
    for _ in range(2):
        work_on(asked(tracked).pk)
    first, second = AuditLine.objects.filter(action="purge").order_by("pk")
    assert first.detail["deleted"]["streams"] > 0
    assert second.detail["deleted"] == {}


def test_a_lost_message(tracked):
    found = asked(tracked)
    assert list(due(timezone.now())) == []
    assert list(due(timezone.now() + timedelta(minutes=3))) == [found]
    Purge.objects.update(state=Purge.State.DONE)
    assert list(due(timezone.now() + timedelta(minutes=3))) == []


def test_another_team_s_data_stay(tracked, world):
    other = TrackedRepositoryFactory(github_repo_id=world.repository.id, full_name="acme/rocket")
    sync_repository_history(other)
    work_on(asked(tracked).pk)
    assert set(RawGitHubEvent.objects.values_list("team", flat=True)) == {other.team_id}
    assert living(other.team, other.github_repo_id) is None


def test_beat_knows_the_task(settings):
    assert tasks.work_on_purges.name in [e["task"] for e in settings.CELERY_BEAT_SCHEDULE.values()]

"""`manage.py purge` while it works, when it is stopped or killed, and beside a worker at the same purge."""

import signal
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.management.commands import purge as command
from apps.integrations.models import Purge
from apps.integrations.services.github_sync import begin
from apps.integrations.services.purges import BeingPurged, ask, work_on
from ingest.backfill.window import Window
from ingest.log import purging
from ingest.models import AuditLine, RawGitHubEvent, Run
from ingest.tests.purged import of_shop, stored
from tests.payloads import REPOSITORY, REPOSITORY_ID

pytestmark = pytest.mark.django_db

PAGE = "alice@example.com"


class Killed(BaseException):
    pass


@pytest.fixture
def tracked():
    team = stored(*of_shop())
    return TrackedRepositoryFactory(team=team, github_repo_id=REPOSITORY_ID, full_name=REPOSITORY)


@pytest.fixture
def meanwhile(monkeypatch):
    """What happens after the first stream is gone."""
    purge_stream = purging._purge_stream

    def set_up(happens):
        gone = []

        def purge_and(*args):
            purge_stream(*args)
            gone.append(args)
            if len(gone) == 1:
                happens()

        monkeypatch.setattr(purging, "_purge_stream", purge_and)

    return set_up


def run(tracked, *arguments):
    slug = tracked.team.slug
    call_command("purge", "--team", slug, "--yes-delete", slug, *(arguments or ("--repo", REPOSITORY)))


def is_begun(tracked):
    try:
        return begin(tracked, Window())[1]
    except BeingPurged:
        return False


def kill():
    raise Killed


@pytest.mark.parametrize("arguments", [(), ("--format", "json")])
def test_no_backfill_begins_meanwhile(tracked, meanwhile, arguments):
    """Of the repository, nor of the whole team: without --repo."""
    living, _ = begin(tracked, Window())
    begun = []
    meanwhile(lambda: begun.append(is_begun(tracked)))
    run(tracked, *arguments)
    assert begun == [False]
    assert not Run.objects.filter(pk=living.pk).exists(), "the one that lived is cancelled and gone"
    assert Purge.objects.get().state == Purge.State.DONE
    assert is_begun(tracked)


def test_after_a_kill_the_same_call_goes_on_at_once(tracked, meanwhile):
    meanwhile(kill)
    with pytest.raises(Killed):
        run(tracked)
    assert not is_begun(tracked), "half of it is there"
    run(tracked)
    assert not RawGitHubEvent.objects.exists()
    (asked,) = Purge.objects.all()
    (line,) = AuditLine.objects.filter(action="purge")
    assert (asked.state, line.detail["finished"], line.detail["deleted"]["streams"]) == ("done", True, 3)
    assert is_begun(tracked)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_stops_it_has_it_stopped(tracked, meanwhile, capsys, number, status):
    """No worker goes on with what somebody did not want deleted after all."""
    meanwhile(lambda: signal.raise_signal(number))
    with pytest.raises(SystemExit) as stop:
        run(tracked)
    assert stop.value.code == status
    assert "the same command deletes the rest" in capsys.readouterr().err
    assert not Purge.objects.exists()
    line = AuditLine.objects.get(action="purge")
    assert (line.detail["finished"], line.detail["deleted"]["streams"]) == (False, 1)
    assert is_begun(tracked)
    run(tracked)
    assert not RawGitHubEvent.objects.exists()


def test_what_a_page_asked_for_is_done_and_not_taken_back(tracked, meanwhile):
    asked = ask(tracked.team, REPOSITORY_ID, REPOSITORY, PAGE)
    meanwhile(lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(SystemExit):
        run(tracked)
    Purge.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=3))
    assert work_on(asked.pk)
    assert Purge.objects.get().state == Purge.State.DONE
    assert AuditLine.objects.get(action="purge").who == PAGE
    assert not RawGitHubEvent.objects.exists()


def test_where_a_worker_is_at_it_its_end_is_waited_for(tracked, monkeypatch, capsys):
    asked = ask(tracked.team, REPOSITORY_ID, REPOSITORY, PAGE)
    Purge.objects.update(state=Purge.State.RUNNING, heartbeat_at=timezone.now())

    def nap(seconds, beat):
        Purge.objects.update(state=Purge.State.ASKED)
        work_on(asked.pk)

    monkeypatch.setattr(command, "nap", nap)
    run(tracked)
    out, err = capsys.readouterr()
    assert f"asked for by {PAGE}" in err
    assert "there was nothing to delete" in out
    assert not RawGitHubEvent.objects.exists()

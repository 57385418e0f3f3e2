"""A replay on Celery workers: started without a terminal, a chunk a message, found again by beat."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.metrics.models import PullRequest
from apps.metrics.projection.version import VERSION
from apps.teams.factories import TeamFactory
from ingest import tasks
from ingest.models import AuditLine, Chunk, Run, Stream
from ingest.replay import starting
from ingest.replay.replaying import verify
from ingest.replay.scope import Scope, UnknownScope
from ingest.replay.sharing import take
from ingest.replay.starting import start_replay
from ingest.runs.changes import pause
from ingest.runs.lease import EXPIRES
from tests.payloads import fetched, merged
from tests.processed import store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pairs")]

WHO = "ann@example.com"
NOW = timezone.now()
EARLIER = NOW - timedelta(days=1)
State = Run.State


@pytest.fixture
def team():
    team = TeamFactory(slug="us")
    store(team, *(fetched(merged(number)) for number in range(1, 8)))
    return team


def deliver(sent):
    """Let one worker take every message, until there is none."""
    delivered = 0
    while sent:
        # As a worker does: a task of its own, which is not eager.
        tasks.work_on_replay.__wrapped__.__func__(NotEager(), sent.pop(0))
        delivered += 1
    return delivered


class NotEager:
    class request:
        is_eager = False


class TestStart:
    def test_it_is_queued_and_workers_are_told_after_the_commit(
        self, team, sent, settings, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            run = start_replay(Scope(team="us"), WHO)
            assert sent == []
        assert (run.state, run.kind, run.team) == (State.QUEUED, "replay", team)
        assert sent == [run.pk] * (1 if connection.vendor == "sqlite" else settings.REPLAY_TASKS)
        assert Scope.of(run) == Scope(team="us")

    def test_a_click_on_a_running_one_sends_no_more_messages(
        self, team, sent, django_capture_on_commit_callbacks
    ):
        """Each message goes around until the run is over."""
        take(start_replay(Scope(team="us"), WHO))
        with django_capture_on_commit_callbacks(execute=True):
            start_replay(Scope(team="us"), WHO)
        assert sent == []

    def test_messages_end_so_that_they_do_not_pile_up(self, team, monkeypatch):
        found = []
        monkeypatch.setattr(
            tasks.work_on_replay, "apply_async", lambda args, **options: found.append(options)
        )
        tasks.tell_workers(start_replay(Scope(team="us"), WHO))
        assert all(2 * EXPIRES.seconds == options["expires"] for options in found)

    def test_who_started_it_is_written_down(self, team):
        run = start_replay(Scope(team="us", pr=7), WHO)
        line = AuditLine.for_team(team).get()
        assert (line.who, line.action) == (WHO, "replay")
        assert line.detail == {"run": run.pk, "scope": {"team": "us", "pr": 7}}

    def test_a_second_click_opens_the_first_ones_run(self, team):
        run = start_replay(Scope(team="us", pending=True), WHO)
        assert start_replay(Scope(team="us", pending=True), WHO) == run
        take(run).work()
        assert start_replay(Scope(team="us", pending=True), WHO) == run
        assert start_replay(Scope(team="us"), WHO) != run
        assert AuditLine.objects.count() == 2

    def test_when_it_is_over_or_the_code_changed_it_is_another(self, team, monkeypatch):
        run = start_replay(Scope(team="us"), WHO)
        monkeypatch.setattr(starting, "fingerprint", lambda: "changed")
        other = start_replay(Scope(team="us"), WHO)
        assert other != run
        Run.objects.update(state=State.COMPLETE)
        assert start_replay(Scope(team="us"), WHO) not in (run, other)

    def test_what_is_not_there_is_said_at_once(self, team):
        with pytest.raises(UnknownScope, match="acme/nothing"):
            start_replay(Scope(team="us", repo="acme/nothing"), WHO)
        with pytest.raises(ValueError, match="names none"):
            start_replay(Scope(), WHO)
        assert not Run.objects.exists()

    def test_every_part_of_a_scope_comes_back_from_the_run(self, team):
        place = {"team": "us", "repo": "acme/shop", "pr": 7}
        kind = {"event_type": "pull_request", "source": "rest", "since": EARLIER, "until": NOW}
        whole = Scope(**place, **kind, stale=True)
        assert Scope.of(start_replay(whole, WHO)) == whole


class TestWork:
    def test_a_chunk_a_message(self, team, sent):
        run = start_replay(Scope(team="us"), WHO)
        sent.append(run.pk)
        assert deliver(sent) == 5, "four chunks, and one that finds nothing left"
        run.refresh_from_db()
        assert (run.state, run.report["created"]) == (State.COMPLETE, 7)
        assert verify(Scope()).changed == 0

    def test_messages_too_many_do_nothing(self, team, sent):
        run = start_replay(Scope(team="us"), WHO)
        sent += [run.pk] * 9 + [999]
        deliver(sent)
        run.refresh_from_db()
        assert (run.state, run.report["created"], run.report["streams"]) == (State.COMPLETE, 7, 7)

    def test_the_message_of_a_worker_that_died_is_sent_anew(self, team, sent):
        run = start_replay(Scope(team="us"), WHO)
        take(run)
        Chunk.objects.update(lease="elsewhere:1:x", heartbeat_at=timezone.now() - 2 * EXPIRES)
        tasks.work_on_replay.__wrapped__.__func__(NotEager(), run.pk)
        assert sent == [run.pk] * 2

    def test_without_a_broker_all_of_it_is_done_in_one_go(self, team, sent):
        run = start_replay(Scope(team="us"), WHO)
        tasks.work_on_replay.apply((run.pk,))
        run.refresh_from_db()
        assert (run.state, run.report["created"], sent) == (State.COMPLETE, 7, [])

    def test_a_failure_is_in_the_row_and_ends_the_messages(self, team, sent, monkeypatch):
        run = start_replay(Scope(team="us"), WHO)
        monkeypatch.setattr("ingest.replay.processing._process", lambda *a: 1 / 0)
        sent.append(run.pk)
        with pytest.raises(ZeroDivisionError):
            deliver(sent)
        run.refresh_from_db()
        assert (run.state, run.error, sent) == (State.FAILED, "ZeroDivisionError", [])

    def test_a_broker_that_is_down_costs_time_only(self, team, monkeypatch, caplog):
        def down(args, **options):
            raise OperationalError("nobody listens")

        monkeypatch.setattr(tasks.work_on_replay, "apply_async", down)
        run = start_replay(Scope(team="us"), WHO)
        with caplog.at_level(logging.WARNING):
            tasks.work_on_replay.__wrapped__.__func__(NotEager(), run.pk)
        run.refresh_from_db()
        assert (run.state, run.counters["streams"]) == (State.RUNNING, 2)


class TestBeat:
    def test_a_silent_run_is_told_again_and_a_living_or_paused_one_is_not(self, team, sent):
        run = start_replay(Scope(team="us"), WHO)
        take(run).work()
        tasks.resume_replays()
        assert sent == []
        Run.objects.update(heartbeat_at=timezone.now() - 2 * EXPIRES)
        pause(Run.objects.get())
        tasks.resume_replays()
        assert sent == []
        Run.objects.update(state=State.RUNNING)
        tasks.resume_replays()
        assert set(sent) == {run.pk}
        deliver(sent)
        run.refresh_from_db()
        assert (run.state, run.report["created"]) == (State.COMPLETE, 7)

    def test_one_that_was_killed_in_the_foreground_is_ended_by_workers(self, team, sent):
        run = starting.begin(Scope(team="us"), WHO)
        take(run)
        Chunk.objects.update(lease="elsewhere:1:x", heartbeat_at=timezone.now() - 2 * EXPIRES)
        Run.objects.update(heartbeat_at=timezone.now() - 2 * EXPIRES)
        tasks.resume_replays()
        deliver(sent)
        run.refresh_from_db()
        assert (run.state, run.report["created"]) == (State.COMPLETE, 7)


class TestOlderWorkers:
    def test_they_leave_a_run_of_newer_code_and_send_nothing(self, team, sent, caplog):
        run = start_replay(Scope(team="us"), WHO)
        Run.objects.update(cursor=run.cursor | {"version": VERSION + 1})
        sent.append(run.pk)
        with caplog.at_level(logging.WARNING):
            assert deliver(sent) == 1
        assert not PullRequest.objects.exists()
        assert Run.objects.get().state == State.QUEUED

    def test_they_leave_streams_of_newer_code_and_end(self, team, sent):
        Stream.objects.filter(number__lt=5).update(version=VERSION + 1)
        run = start_replay(Scope(team="us"), WHO)
        sent.append(run.pk)
        assert deliver(sent) == 5
        run.refresh_from_db()
        assert (run.state, run.report["left_to_newer_version"]) == (State.COMPLETE, 4)
        assert Stream.objects.filter(applied=0, number__lt=5).count() == 4

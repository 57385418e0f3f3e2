"""A replay's chunks are taken by any number of workers, and each counts once."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.metrics.models import PullRequest
from apps.metrics.projection import version
from apps.teams.factories import TeamFactory
from ingest.log.purging import purge
from ingest.models import Chunk, Run, Stream
from ingest.replay import cutting, processing, sharing
from ingest.replay.cutting import at_most
from ingest.replay.replaying import verify
from ingest.replay.scope import Scope
from ingest.replay.sharing import TakenAway, is_alive, needs_newer_code, take
from ingest.replay.starting import start_replay
from ingest.runs.changes import cancel, pause, resume
from ingest.runs.lease import EXPIRES, new_holder
from tests.payloads import REPOSITORY_ID, delivered, delivery, fetched, merged, moment, pull_request
from tests.processed import store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pairs")]

State = Run.State


@pytest.fixture
def team():
    team = TeamFactory(slug="us")
    store(team, *(fetched(merged(number)) for number in range(1, 6)))
    return team


@pytest.fixture
def run(team):
    return start_replay(Scope(team="us"), "ann@example.com")


def numbers(share):
    return [number for _, _, number in share.keys]


def work_off(run):
    done = []
    while share := take(run):
        done += numbers(share)
        share.work()
    return done


def left_by(holder, since=timedelta(0)):
    Chunk.objects.update(lease=holder, heartbeat_at=timezone.now() - since)


class TestTaking:
    def test_each_worker_takes_another_chunk(self, run):
        shares = [take(run) for _ in range(4)]
        assert [numbers(s) for s in shares[:3]] == [[1, 2], [3, 4], [5]]
        assert shares[3] is None
        assert run.state == State.RUNNING
        for share in reversed(shares[:3]):
            share.work()
        assert take(run) is None
        assert (run.state, run.report["created"], run.report["streams"]) == (State.COMPLETE, 5, 5)
        assert (run.counters["total"], run.report["selected"]) == (5, 5)
        assert not Chunk.objects.exists()
        assert verify(Scope()).changed == 0

    def test_a_run_that_selects_nothing_is_complete(self, team):
        run = start_replay(Scope(team="us", pr=99), "ann@example.com")
        assert take(run) is None
        assert (run.state, run.report["streams"]) == (State.COMPLETE, 0)

    def test_what_is_gone_meanwhile_fails_the_run_in_words(self, team):
        run = start_replay(Scope(team="us", repo="acme/shop"), "ann@example.com")
        Run.objects.update(scope={"repo": "acme/nothing"})
        run.refresh_from_db()
        assert take(run) is None
        assert (run.state, run.error) == (State.FAILED, "UnknownScope")
        assert "acme/nothing" in run.message

    def test_cutting_reads_no_body_and_asks_no_stream_by_itself(self, team, run, monkeypatch):
        def queries():
            with CaptureQueriesContext(
                connection,
            ) as found:
                assert take(run) is not None
            return [query["sql"] for query in found]

        queries()
        few = queries()
        monkeypatch.setattr(cutting, "CHUNK", 200)
        store(team, *(fetched(merged(number)) for number in range(10, 200)))
        many = queries()
        assert len(many) == len(few) <= 12
        assert not any("packed" in sql for sql in many)

    def test_chunks_are_smaller_while_deliveries_come_in(self, team, monkeypatch):
        monkeypatch.setattr(cutting, "CHUNK", 500)
        at = moment(hours=1)
        assert at_most(at) == 500, "only fetched so far"
        store(team, delivered(delivery(pull_request(7)), at))
        assert at_most(at + timedelta(seconds=59)) == 100
        assert at_most(at + timedelta(minutes=2)) == 500


class TestDyingWorkers:
    def test_a_chunk_whose_heart_stopped_is_taken_first(self, run):
        take(run)
        left_by("elsewhere:1:x", EXPIRES + timedelta(seconds=1))
        share = take(run)
        assert (numbers(share), share.was_left, share.chunk.attempts) == ([1, 2], True, 2)

    def test_of_a_process_of_this_machine_nobody_waits_for_the_heart(self, run):
        take(run)
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        host, _, secret = new_holder().split(":")
        left_by(f"{host}:{ended.pid}:{secret}")
        assert numbers(take(run)) == [1, 2]

    def test_a_living_one_keeps_its_chunk(self, run):
        take(run)
        left_by("elsewhere:1:x")
        assert numbers(take(run)) == [3, 4]
        assert is_alive(run, timezone.now())
        assert not is_alive(run, timezone.now() + 2 * EXPIRES)

    @pytest.mark.parametrize("first", [0, 1])
    def test_a_chunk_done_twice_counts_once(self, run, first):
        """The first worker was slow, not dead."""
        shares = [take(run)]
        left_by("elsewhere:1:x", 2 * EXPIRES)
        shares.append(take(run))
        assert numbers(shares[0]) == numbers(shares[1])
        shares[first].work()
        with pytest.raises(TakenAway):
            shares[1 - first].work()
        assert work_off(run) == [3, 4, 5]
        assert (run.report["created"], run.report["unchanged"], run.report["streams"]) == (5, 0, 5)

    def test_a_chunk_half_done_by_another_is_not_done_again(self, run):
        """The other one's chunk was split, as where the database refuses one of its streams."""
        slow = take(run)
        left_by("elsewhere:1:x", 2 * EXPIRES)
        quick = take(run)
        processing.process(quick.keys[:1], done=quick._settle)
        with pytest.raises(TakenAway):
            slow.work()
        assert (PullRequest.objects.count(), Run.objects.get().counters["streams"]) == (1, 1)
        assert Chunk.objects.get().streams == [[REPOSITORY_ID, 2]]

    def test_rows_and_counts_are_one_transaction(self, run, monkeypatch):
        """A worker that is killed where the counts are written has written no rows."""
        share = take(run)
        monkeypatch.setattr(sharing.Report, "counters", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            processing.process(share.keys, done=share._settle)
        assert not PullRequest.objects.exists()
        assert Stream.objects.filter(applied=0).count() == 5

    def test_a_chunk_that_kills_its_workers_ends_the_run(self, run):
        for _ in range(sharing.DEATHS):
            assert numbers(take(run)) == [1, 2]
            left_by("elsewhere:1:x", timedelta(hours=1))
        assert take(run) is None
        assert (run.state, run.error) == (State.FAILED, "RuntimeError")
        assert run.message.startswith(f"5 workers died over the streams {REPOSITORY_ID}#1, ")

    def test_a_slow_chunk_is_not_taken_for_a_deadly_one(self, run, monkeypatch):
        """A migration holds a lock for three minutes, and whoever takes the chunk waits for it too."""
        began = timezone.now()
        slow = take(run)
        for seconds in range(0, 180, 5):
            now = began + timedelta(seconds=seconds)
            monkeypatch.setattr(sharing.timezone, "now", lambda now=now: now)
            Chunk.objects.update(lease="elsewhere:1:x")
            take(run)
        slow.work()
        run.refresh_from_db()
        assert (run.state, run.counters["streams"]) == (State.RUNNING, 2)

    def test_one_that_gave_it_back_did_not_die(self, run, monkeypatch):
        for _ in range(2 * sharing.DEATHS):
            share = take(run)
            monkeypatch.setattr(processing, "process", lambda *a, **o: interrupt())
            with pytest.raises(KeyboardInterrupt):
                share.work()
        monkeypatch.undo()
        assert sorted(work_off(run)) == [1, 2, 3, 4, 5]

    def test_evicted_streams_stay_in_the_chunk_until_they_are_done(self, team, run, monkeypatch):
        """Number 5 claims the id of number 9: the kill comes after 9 lost its row, before it is parked."""
        twice = pull_request(9, id=merged(5)["id"])
        store(team, fetched(twice))
        processing.process([(team.pk, REPOSITORY_ID, 9)])
        Run.objects.update(cursor=run.cursor | {"after": [team.pk, REPOSITORY_ID, 4]})
        share = take(run)
        share.chunk.streams = [[REPOSITORY_ID, 5]]
        share.chunk.save()
        split = processing._split
        killed = lambda keys, options: interrupt() if keys[0][2] == 9 else split(keys, options)  # noqa: E731
        monkeypatch.setattr(processing, "_split", killed)
        with pytest.raises(KeyboardInterrupt):
            share.work()
        assert Chunk.objects.get().streams == [[REPOSITORY_ID, 9]]


def interrupt():
    raise KeyboardInterrupt


class TestChangesFromOutside:
    @pytest.mark.parametrize(("change", "state"), [(pause, State.PAUSED), (cancel, State.CANCELLED)])
    def test_no_chunk_is_taken_any_more_and_the_last_one_counts(self, run, change, state):
        share = take(run)
        change(Run.objects.get())
        share.work()
        assert take(run) is None
        assert (run.state, run.counters["streams"]) == (state, 2)
        assert not Chunk.objects.exists()

    def test_resumed_it_goes_on_behind_what_was_done(self, run):
        take(run).work()
        pause(Run.objects.get())
        assert take(run) is None
        resume(Run.objects.get())
        assert work_off(run) == [3, 4, 5]
        assert (run.state, run.report["created"]) == (State.COMPLETE, 5)

    def test_cancelled_after_a_pause_nothing_of_it_stays(self, run, monkeypatch):
        share = take(run)
        monkeypatch.setattr(processing, "process", lambda *a, **o: interrupt())
        with pytest.raises(KeyboardInterrupt):
            share.work()
        pause(Run.objects.get())
        assert Chunk.objects.count() == 1
        assert cancel(Run.objects.get())
        assert not Chunk.objects.exists()

    def test_one_that_failed_elsewhere_is_left(self, run):
        take(run).work()
        sharing.fail(Run.objects.get(), ZeroDivisionError("a bug of ours"))
        assert take(run) is None
        assert run.state == State.FAILED

    def test_a_purge_takes_the_run_and_nothing_is_written_behind_it(self, team, run):
        share = take(run)
        purge(team, None, "ann@example.com")
        with pytest.raises(TakenAway):
            share.work()
        assert take(run) is None
        assert not PullRequest.objects.exists()


class TestNewerVersion:
    def test_a_run_of_newer_code_is_left_to_it(self, run, monkeypatch):
        Run.objects.update(cursor=run.cursor | {"version": version.VERSION + 1})
        run.refresh_from_db()
        assert take(run) is None
        assert needs_newer_code(run)
        assert (run.state, run.heartbeat_at) == (State.QUEUED, None)
        assert not Stream.objects.filter(applied__gt=0).exists()

    def test_a_newer_worker_may_end_what_an_older_one_began(self, run):
        Run.objects.update(cursor=run.cursor | {"version": version.VERSION - 1})
        assert work_off(run) == [1, 2, 3, 4, 5]

    def test_streams_that_are_left_are_counted_and_said(self, run):
        Stream.objects.filter(number__in=(2, 3)).update(version=version.VERSION + 1)
        assert work_off(run) == [1, 2, 3, 4, 5]
        assert (run.report["left_to_newer_version"], run.report["created"]) == (2, 3)
        assert run.message.startswith("2 streams were left alone: a newer version")
        assert run.report["pending"] == 2

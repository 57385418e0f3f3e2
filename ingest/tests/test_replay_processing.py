"""Law 8: one bad event harms one event; a database error harms one stream."""

import random
from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from apps.metrics.formulas import cycle_time, size
from apps.metrics.models import Commit, PRReview, PullRequest
from apps.metrics.projection import project, version, writer
from apps.teams.factories import TeamFactory
from ingest.log import streams
from ingest.models import ParkedEvent, RawGitHubEvent, Stream
from ingest.replay import folding, processing
from ingest.replay.processing import process
from ingest.replay.replaying import dry_run, replay, verify
from ingest.replay.scope import Scope
from ingest.routing import HANDLED, LISTENERS
from tests.payloads import (
    REPOSITORY_ID,
    commit,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    pull_request,
    repository_delivery,
    review,
    stamp,
)
from tests.processed import all_streams, store, store_and_process
from tests.tables import tables

HUGE = 10**29


@pytest.fixture
def team(db):
    return TeamFactory()


class TestParkedEvent:
    def test_it_is_kept_with_what_is_needed_to_mend_it(self, team):
        done = store(team, delivered(delivery(pull_request(state="odd"), "opened")))
        process(all_streams())
        parked = ParkedEvent.objects.get()
        assert parked.event_id == done.ids[0]
        assert (parked.team, parked.stream) == (team, Stream.objects.get())
        assert (parked.event_type, parked.action) == ("pull_request", "opened")
        assert (parked.error, parked.path) == ("Unreadable", "$.pull_request.state")
        assert "odd" in parked.message
        assert "Traceback (most recent call last)" in parked.traceback
        assert (parked.attempts, Stream.objects.get().pending) == (1, 0)

    def test_its_neighbours_are_written(self, team):
        found = store_and_process(
            team,
            fetched(pull_request()),
            fetched(review(HUGE)),
            fetched(review(2)),
            fetched(pull_request(title=5), moment(hours=1)),
            delivered(b"<html>", event_type="pull_request"),
            delivered(delivery(pull_request(HUGE, id=HUGE))),
        )
        assert (found.parked, found.outcome.counts["created"]) == (4, 2)
        assert PullRequest.objects.get().title == "Change 7"
        assert PRReview.objects.get().github_review_id == 2
        assert set(ParkedEvent.objects.values_list("path", flat=True)) == {
            "$.id",
            "$.title",
            "",
            "$.pull_request.id",
        }

    def test_it_is_tried_again_and_goes_when_it_is_mended(self, team, monkeypatch):
        store_and_process(team, fetched(pull_request()), fetched(review()))
        before = tables(team)
        whole = HANDLED["pull_request_review"]

        def broken(team, payload, *, into):
            raise KeyError("a bug of ours \x00\ud83d")

        monkeypatch.setitem(HANDLED, "pull_request_review", broken)
        for attempts in (1, 2):
            report = replay(Scope()).as_json()
            assert report["parked"] == 1
            parked = ParkedEvent.objects.get()
            assert (parked.error, parked.attempts) == ("KeyError", attempts)
            assert "\\x00" in parked.message or "\ufffd" in parked.message
        assert not PRReview.objects.exists()
        monkeypatch.setitem(HANDLED, "pull_request_review", whole)
        assert replay(Scope(parked=True)).as_json()["created"] == 1
        assert not ParkedEvent.objects.exists()
        assert tables(team) == before

    def test_the_first_failure_is_remembered(self, team):
        store_and_process(team, fetched(pull_request(title=5)))
        first = ParkedEvent.objects.get()
        process(all_streams())
        again = ParkedEvent.objects.get()
        assert (again.pk, again.first_at) == (first.pk, first.first_at)
        assert again.last_at > first.last_at

    def test_a_source_without_a_shape(self, team):
        store_and_process(team, fetched(pull_request(), source="telegram"))
        assert "telegram" in ParkedEvent.objects.get().message


class TestFormulaThatRaises:
    def test_it_harms_one_stream(self, team, monkeypatch):
        store_and_process(team, *(fetched(merged(n)) for n in (7, 8, 9)))
        before = tables(team)

        def broken(row, reviews):
            if row["title"] == "Change 8":
                raise ZeroDivisionError("a bug of ours")
            return {"cycle_time_hours": Decimal(1)}

        broken_formula = cycle_time.FORMULA._replace(compute=broken)
        formulas = tuple(broken_formula if f is cycle_time.FORMULA else f for f in project.FORMULAS)
        with monkeypatch.context() as patch:
            patch.setattr(project, "FORMULAS", formulas)
            assert replay(Scope()).as_json()["parked"] == 1
        hours = dict(PullRequest.objects.values_list("number", "cycle_time_hours"))
        assert hours == {7: 1, 8: 24, 9: 1}
        parked = ParkedEvent.objects.get()
        assert (parked.event, parked.stream.number, parked.error) == (None, 8, "ZeroDivisionError")
        replay(Scope())
        assert tables(team) == before


class TestDatabaseError:
    @pytest.fixture
    def refusing(self, monkeypatch):
        """The database refuses any chunk that holds number 8."""

        def refuse(error):
            write = writer.write

            def write_or_refuse(projections, outcome, *, dry=False, told=None):
                if any(p.key[2] == 8 for p in projections) and not dry:
                    raise error
                return write(projections, outcome, dry=dry, told=told)

            monkeypatch.setattr(processing, "write", write_or_refuse)

        return refuse

    @pytest.mark.parametrize("kind", [DataError, IntegrityError])
    def test_it_parks_the_one_stream_and_writes_the_others(self, team, refusing, kind):
        refusing(kind("value too long"))
        store(team, *(fetched(pull_request(n)) for n in range(1, 12)))
        found = process(all_streams())
        assert (found.parked, found.streams, found.outcome.counts["created"]) == (1, 11, 10)
        parked = ParkedEvent.objects.get()
        assert (parked.event, parked.stream.number, parked.error) == (None, 8, kind.__name__)
        assert not Stream.objects.filter(events__gt=0, applied=0).exists()

    def test_it_goes_with_the_next_replay(self, team, refusing, monkeypatch):
        with monkeypatch.context():
            refusing(DataError("value too long"))
            store_and_process(team, fetched(pull_request(8)))
        monkeypatch.undo()
        assert replay(Scope(parked=True)).as_json()["created"] == 1
        assert not ParkedEvent.objects.exists()

    def test_a_real_refusal(self, team, monkeypatch):
        """A formula's value that the column does not hold."""
        huge = size.FORMULA._replace(compute=lambda row, _: {"size": -1 if row["title"] == "Change 8" else 1})
        formulas = tuple(huge if f is size.FORMULA else f for f in project.FORMULAS)
        monkeypatch.setattr(project, "FORMULAS", formulas)
        found = store_and_process(team, *(fetched(pull_request(n)) for n in range(1, 12)))
        assert (found.parked, PullRequest.objects.count()) == (1, 10)
        assert ParkedEvent.objects.get().error == "IntegrityError"

    def test_a_database_that_is_not_there_parks_nothing(self, team, refusing):
        refusing(OperationalError("server closed the connection"))
        store(team, fetched(pull_request(8)))
        with pytest.raises(OperationalError):
            process(all_streams())
        assert not ParkedEvent.objects.exists()
        assert Stream.objects.get().pending == 1

    @pytest.mark.django_db(transaction=True)
    def test_what_can_pass_is_tried_again(self, monkeypatch):
        store(TeamFactory(), fetched(pull_request()))
        monkeypatch.setattr(processing, "FIRST_WAIT", 0)
        write, left = writer.write, [1, 2]

        def deadlock_twice(*args, **options):
            if left:
                left.pop()
                raise OperationalError("deadlock detected")
            return write(*args, **options)

        monkeypatch.setattr(processing, "write", deadlock_twice)
        assert process(all_streams()).outcome.counts["created"] == 1


class TestListeners:
    @pytest.fixture
    def heard(self, monkeypatch):
        found = []
        monkeypatch.setitem(LISTENERS, "repository", [lambda *key: found.append(key)])
        monkeypatch.setitem(LISTENERS, "ping", [lambda *key: found.append(key)])
        return found

    def test_they_are_told_of_repositories_after_the_commit(
        self, team, heard, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            store_and_process(team, delivered(repository_delivery()), fetched(pull_request()))
            assert heard == []
        assert heard == [(team.pk, REPOSITORY_ID)] * 2
        with django_capture_on_commit_callbacks(execute=True):
            replay(Scope())
        assert len(heard) == 4

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

        monkeypatch.setitem(LISTENERS, "repository", [broken, lambda *key: heard.append(key)])
        found = store_and_process(team, delivered(repository_delivery()), fetched(pull_request()))
        assert (found.parked, found.outcome.counts["created"]) == (0, 1)
        assert heard == [(team.pk, REPOSITORY_ID)]
        assert not ParkedEvent.objects.exists()


class TestNewerVersion:
    def test_what_a_newer_version_made_is_left_alone(self, team):
        store_and_process(team, fetched(pull_request(7)), fetched(pull_request(8)))
        Stream.objects.filter(number=7).update(version=version.VERSION + 1)
        PullRequest.objects.update(title="by the newer one")
        report = replay(Scope()).as_json()
        assert (report["left_to_newer_version"], report["streams"]) == (1, 1)
        assert dict(PullRequest.objects.values_list("number", "title")) == {
            7: "by the newer one",
            8: "Change 8",
        }
        assert Stream.objects.get(number=7).version == version.VERSION + 1
        for look in (dry_run, verify):
            report = look(Scope()).as_json()
            assert (report["left_to_newer_version"], report["streams"], report["updated"]) == (1, 1, 0)

    def test_the_version_is_a_sum_that_every_part_raises(self):
        parts = [*version.PROCESSORS, *project.FORMULAS]
        assert sum(p.version for p in parts) + version.COMMON + version.RETIRED == version.VERSION
        assert set(version.PROCESSORS) == set(HANDLED.values())


class TestAppendMeanwhile:
    """What is appended between the reading and the writing is not counted as applied."""

    @pytest.mark.parametrize("times", [1, 2])
    def test_it_is_not_missed(self, team, monkeypatch, times):
        store(team, fetched(pull_request()))
        fold, left = folding.fold, [*range(times)]

        def append_after(counts):
            found = fold(counts)
            if left:
                hour = left.pop() + 1
                newer = pull_request(title=f"Meanwhile {hour}", updated_at=stamp(moment(hours=hour)))
                store(team, fetched(newer, moment(hours=hour)))
            return found

        monkeypatch.setattr(processing, "fold", append_after)
        process(all_streams())
        stream = Stream.objects.get()
        title = PullRequest.objects.get().title
        assert stream.pending == 0 or title == "Change 7" or stream.applied < stream.events
        monkeypatch.undo()
        replay(Scope(pending=True))
        assert PullRequest.objects.get().title == f"Meanwhile {times}"
        assert verify(Scope()).changed == 0
        assert Stream.objects.get().pending == 0

    def test_it_is_folded_again_under_the_lock(self, team, monkeypatch):
        if connection.vendor != "sqlite":
            pytest.skip("only SQLite folds before it locks")
        store(team, fetched(pull_request()))
        lock = streams.lock

        def append_before_the_lock(keys, **options):
            monkeypatch.setattr(streams, "lock", lock)
            newer = pull_request(title="Meanwhile", updated_at=stamp(moment(hours=1)))
            store(team, fetched(newer, moment(hours=1)))
            return lock(keys, **options)

        monkeypatch.setattr(streams, "lock", append_before_the_lock)
        process(all_streams())
        assert PullRequest.objects.get().title == "Meanwhile"
        assert Stream.objects.get().applied == 2


def history():
    """A team's events with a bit of everything."""
    events = []
    for number in range(1, 30):
        at = moment(hours=number)
        events += [
            delivered(delivery(pull_request(number), "opened"), at),
            fetched(merged(number, at=moment(hours=number + 5)), moment(hours=number + 9)),
            fetched(review(number, submitted_at=stamp(at)), moment(hours=number + 9), number=number),
            fetched(commit(f"head {number}", (f"head {number - 1}",)), at, number=number),
            fetched(commit(f"head {number - 1}"), at, number=number),
        ]
    return events


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_any_chunk_size_gives_the_same_tables(db, size):
    first, second = TeamFactory(), TeamFactory()
    store_and_process(first, *history())
    shuffled = random.Random(size).sample(history(), len(history()))
    store(second, *shuffled)
    keys = [key for key in all_streams() if key[0] == second.pk]
    random.Random(size).shuffle(keys)
    for i in range(0, len(keys), size):
        process(keys[i : i + size])
    assert tables(first) == tables(second)
    assert verify(Scope()).changed == 0


def test_streams_that_are_not_there_and_none_at_all(team):
    assert process([]).streams == 0
    assert process([(team.pk, 1, 1)]).streams == 0


def test_an_emptied_stream_loses_its_rows(team):
    """As after its events were moved elsewhere."""
    store_and_process(team, fetched(pull_request()), fetched(review()), fetched(commit()))
    RawGitHubEvent.objects.update(number=8)
    Stream.objects.update(events=0, applied=-1, bytes=0)
    streams.make([(team.pk, REPOSITORY_ID, 8)])
    Stream.objects.filter(number=8).update(events=3, applied=-1, bytes=1)
    report = replay(Scope(pending=True)).as_json()
    assert report["deleted"] >= 2
    assert list(PullRequest.objects.values_list("number", flat=True)) == [8]
    assert PRReview.objects.get().pull_request.number == 8
    assert Commit.objects.get().number == 8
    assert verify(Scope()).changed == 0

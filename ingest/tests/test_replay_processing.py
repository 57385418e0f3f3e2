"""Law 8: one bad event harms one event; a database error harms one stream."""

from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection

from apps import sql
from apps.metrics.formulas import cycle_time, size
from apps.metrics.models import PRReview, PullRequest
from apps.metrics.projection import bindings, project, writer
from apps.teams.factories import TeamFactory
from ingest.live.pending import work_off
from ingest.log.purging import purge
from ingest.models import ParkedEvent, Stream
from ingest.replay import processing
from ingest.replay.processing import process
from ingest.replay.replaying import replay
from ingest.replay.scope import Scope
from ingest.routing import HANDLED
from tests.payloads import delivered, delivery, fetched, merged, moment, pull_request, review
from tests.processed import all_streams, store, store_and_process
from tests.tables import tables

from .test_long_texts import noise

HUGE = 10**29


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


class TooLarge(Exception):
    """As psycopg has it."""

    sqlstate = "54000"


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

    def test_an_entry_that_an_index_refuses(self, team):
        """An index that some migration might make, of a text without a bound."""
        if sql.is_sqlite():
            pytest.skip("SQLite's indexes take any entry")
        with connection.cursor() as cursor:
            cursor.execute("CREATE INDEX ON metrics_pullrequest (title)")
        pulls = [pull_request(n, title=noise() if n == 8 else "short") for n in range(1, 12)]
        found = store_and_process(team, *map(fetched, pulls))
        assert (found.parked, PullRequest.objects.count()) == (1, 10)
        parked = ParkedEvent.objects.get()
        assert (parked.stream.number, parked.error) == (8, "OperationalError")
        assert "index row" in parked.message

    @pytest.mark.django_db(transaction=True)
    def test_a_limit_that_a_value_exceeds_is_no_matter_of_patience(self, monkeypatch):
        store(TeamFactory(), fetched(pull_request()))
        tried = []

        def refuse(*args, **options):
            tried.append(args)
            raise OperationalError("index row size exceeds the maximum") from TooLarge()

        monkeypatch.setattr(processing, "write", refuse)
        assert process(all_streams()).parked == 1
        assert len(tried) == 1

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("state", ["57014", "53400"])
    def test_a_stream_that_takes_too_long_is_parked_and_holds_back_nobody(self, refusing, state):
        """What was pending behind it would never be processed."""
        cause = TooLarge()
        cause.sqlstate = state
        error = OperationalError("canceling statement due to statement timeout")
        error.__cause__ = cause
        refusing(error)
        store(TeamFactory(), *(fetched(pull_request(n)) for n in range(1, 12)))
        found = work_off()
        assert (found.parked, found.streams, found.outcome.counts["created"]) == (1, 11, 10)
        assert ParkedEvent.objects.get().stream.number == 8

    @pytest.mark.django_db(transaction=True)
    def test_a_real_timeout(self, monkeypatch):
        if sql.is_sqlite():
            pytest.skip("SQLite has none")
        write = writer.write

        def slow(projections, outcome, **options):
            with connection.cursor() as cursor:
                # Of number 8 it takes longer than a statement may.
                seconds = max(0.5 * (p.key[2] == 8) for p in projections)
                cursor.execute("SET LOCAL statement_timeout = '100ms'")
                cursor.execute("SELECT pg_sleep(%s)", [seconds])
            return write(projections, outcome, **options)

        monkeypatch.setattr(processing, "write", slow)
        store(TeamFactory(), *(fetched(pull_request(n)) for n in (7, 8, 9)))
        assert work_off().parked == 1
        assert set(PullRequest.objects.values_list("number", flat=True)) == {7, 9}
        assert "statement timeout" in ParkedEvent.objects.get().message

    @pytest.mark.django_db(transaction=True)
    def test_what_a_race_made_is_no_reason_to_park(self, monkeypatch):
        """A member that is deleted between the reading and the writing."""
        find, asked = bindings.Members.find, []

        def gone_at_first(self, *args):
            asked.append(args)
            return 10**9 if len(asked) == 1 else find(self, *args)

        monkeypatch.setattr(bindings.Members, "find", gone_at_first)
        store(TeamFactory(), fetched(pull_request()))
        found = process(all_streams())
        assert (found.parked, found.outcome.counts["created"], ParkedEvent.objects.count()) == (0, 1, 0)

    @pytest.mark.django_db(transaction=True)
    def test_a_stream_that_is_purged_before_it_is_parked(self, monkeypatch):
        team = TeamFactory()
        store(team, fetched(pull_request()))
        keys = all_streams()
        park = processing._park_stream

        def refuse(*args, **options):
            raise DataError("no")

        def purged_first(*args):
            purge(team, None, "ann@example.com")
            return park(*args)

        monkeypatch.setattr(processing, "write", refuse)
        monkeypatch.setattr(processing, "_park_stream", purged_first)
        told = []
        found = process(keys, done=lambda keys, processed: told.append(list(keys)))
        assert (found.streams, found.parked, told) == (0, 0, [keys])

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

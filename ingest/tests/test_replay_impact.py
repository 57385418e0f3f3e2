"""A dry run says what a replay would do, to the row, and why: changed code, or events not yet applied."""

from decimal import Decimal

import pytest
from django.db.models import F

from apps.metrics.formulas import cycle_time
from apps.metrics.models import PRReview, PullRequest
from apps.metrics.projection import project
from apps.teams.factories import TeamFactory
from ingest.cli import replay_report
from ingest.cli.output import console
from ingest.models import Stream
from ingest.replay import cutting
from ingest.replay.replaying import dry_run, replay
from ingest.replay.scope import Scope
from tests.payloads import (
    commit,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    pull_request,
    repository,
    repository_delivery,
    review,
    stamp,
)
from tests.processed import dump, store, store_and_process

pytestmark = pytest.mark.django_db

LATER = moment(hours=60)


@pytest.fixture
def team():
    """Three merged pull requests, each open for 24 hours."""
    team = TeamFactory(slug="acme")
    store_and_process(team, *(fetched(merged(n), moment(hours=30)) for n in (7, 8, 9)))
    return team


def edited(number, **changes):
    found = merged(number, updated_at=stamp(LATER), **changes)
    return delivered(delivery(found, "edited"), LATER)


@pytest.fixture
def half_as_long(monkeypatch):
    """Another formula: today's code says 12 hours where it was 24."""

    def compute(row, reviews):
        found = cycle_time.compute(row, reviews)["cycle_time_hours"]
        return {"cycle_time_hours": found and Decimal(found / 2).quantize(Decimal("0.01"))}

    changed = cycle_time.FORMULA._replace(compute=compute)
    formulas = tuple(changed if f is cycle_time.FORMULA else f for f in project.FORMULAS)
    monkeypatch.setattr(project, "FORMULAS", formulas)


def looked(scope=None):
    return dry_run(scope or Scope()).as_json()


def rows(cause):
    return {kind: cause[kind] for kind in ("created", "updated", "deleted")}


NOTHING = {"created": 0, "updated": 0, "deleted": 0}


class TestCauses:
    def test_nothing_changes(self, team):
        found = looked()
        assert [rows(found["causes"][cause]) for cause in ("code", "events")] == [NOTHING, NOTHING]

    def test_pending_events_alone(self, team):
        store(
            team, edited(7, title="New"), fetched(review(), LATER, number=7), fetched(pull_request(10), LATER)
        )
        found = looked()
        assert rows(found["causes"]["code"]) == NOTHING
        assert rows(found["causes"]["events"]) == {"created": 2, "updated": 1, "deleted": 0}
        facts = found["causes"]["events"]["fields"]["facts"]
        assert facts["PullRequest.title"] == 1

    def test_changed_code_alone(self, team, half_as_long):
        found = looked()
        assert rows(found["causes"]["code"]) == {"created": 0, "updated": 3, "deleted": 0}
        assert found["causes"]["code"]["fields"] == {
            "facts": {},
            "bindings": {},
            "formulas": {"PullRequest.cycle_time_hours": 3},
        }
        assert rows(found["causes"]["events"]) == NOTHING

    def test_both_at_one_pull_request_are_told_apart(self, team, half_as_long):
        """24 hours are stored. Today's code makes 12 of the events that are applied, and 15 of all."""
        store(team, edited(7, merged_at=stamp(moment(hours=30))))
        found = looked()
        assert rows(found["causes"]["code"]) == {"created": 0, "updated": 3, "deleted": 0}
        assert rows(found["causes"]["events"]) == {"created": 0, "updated": 1, "deleted": 0}
        hours = found["impact"]["cycle_time_hours"]
        assert [hours[state]["median"] for state in ("before", "code", "after")] == [24, 12, 12]
        assert [hours[state]["p75"] for state in ("before", "code", "after")] == [24, 12, 13.5]
        assert hours["moved"][0] == {"github_repo": "acme/shop", "number": 8, "before": 24, "after": 12}
        assert [(m["number"], m["after"]) for m in hours["moved"]] == [(8, 12), (9, 12), (7, 15)]

    def test_a_stream_that_was_never_processed_comes_from_events(self, team, half_as_long):
        store(team, fetched(merged(10), LATER))
        found = looked(Scope(pr=10))
        assert (rows(found["causes"]["code"]), found["causes"]["events"]["created"]) == (NOTHING, 1)

    def test_so_does_one_whose_events_were_moved(self, team):
        PullRequest.objects.update(title="As it was before")
        Stream.objects.filter(number=7).update(applied=-1)
        found = looked()
        assert (found["causes"]["events"]["updated"], found["causes"]["code"]["updated"]) == (1, 2)

    def test_events_without_a_processor_do_not_count_as_pending(self, team):
        store(team, delivered(delivery(merged(7)), LATER, event_type="pull_request_review_thread"))
        store(team, edited(7, title="New"))
        store(team, delivered(delivery(merged(7)), moment(hours=61), event_type="pull_request_review_thread"))
        found = looked()
        assert (found["causes"]["events"]["updated"], found["causes"]["code"]["updated"]) == (1, 0)

    def test_a_large_stream_is_told_apart_too(self, team, half_as_long, monkeypatch):
        store(team, edited(7, merged_at=stamp(moment(hours=30))))
        expected = looked()["causes"]
        monkeypatch.setattr("ingest.replay.reading.AT_ONCE", 1)
        assert looked()["causes"] == expected

    def test_a_row_changed_by_hand_counts_with_the_code(self, team):
        PullRequest.objects.filter(number=7).update(title="By hand", author=None)
        assert rows(looked()["causes"]["code"]) == {"created": 0, "updated": 1, "deleted": 0}


class TestCounts:
    """What is foreseen is what is done then, in chunks of any size."""

    @pytest.fixture
    def renamed(self, team):
        """Two events tell the new name, in the first chunk and in a later one; another pull request comes."""
        store_and_process(
            team,
            *(fetched(commit(f"head {n}"), moment(hours=30), number=n) for n in (7, 8, 9)),
            fetched(review(), moment(hours=30), number=8),
        )
        new = repository("acme/store")
        store(
            team,
            delivered(delivery(merged(7, repo=new, title="New", updated_at=stamp(LATER))), LATER),
            delivered(delivery(merged(9, repo=new, updated_at=stamp(LATER))), LATER),
            delivered(repository_delivery("renamed", new), moment(hours=61)),
            fetched(pull_request(10, repo=new), moment(hours=62)),
        )

    @pytest.mark.parametrize("size", [1, 2, 3, 500])
    def test_a_rename_is_counted_once(self, renamed, monkeypatch, size):
        monkeypatch.setattr(cutting, "CHUNK", size)
        before = dump()
        foreseen = looked()
        assert dump() == before
        done = replay(Scope()).as_json()
        kinds = ("created", "updated", "deleted", "unchanged", "repositories")
        assert {kind: foreseen[kind] for kind in kinds} == {kind: done[kind] for kind in kinds}
        assert not PullRequest.objects.exclude(github_repo="acme/store").exists()

    def test_the_pull_requests_are_seen_once_in_every_state(self, renamed, monkeypatch):
        monkeypatch.setattr(cutting, "CHUNK", 1)
        hours = looked()["impact"]["cycle_time_hours"]
        assert [hours[state]["n"] for state in ("before", "code", "after")] == [3, 3, 3]


def test_the_table(team, half_as_long, capsys):
    import sys

    PRReview.objects.all().delete()
    store(team, edited(7, title="hotfix: New"))
    replay_report.show(console(sys.stdout), dry_run(Scope()))
    said = capsys.readouterr().out
    assert "Nothing was written" in said
    assert "cycle_time_hours of acme/shop#8: 24.0 -> 12.0" in said
    assert "by changed code or rows changed by hand: 0 created, 3 updated, 0 deleted" in said
    assert "formulas: PullRequest.cycle_time_hours 3" in said
    assert "by events not yet applied: 0 created, 1 updated, 0 deleted" in said


def test_pending_streams_stay_pending(team):
    store(team, edited(7, title="New"))
    looked()
    assert Stream.objects.filter(events__gt=F("applied")).count() == 1

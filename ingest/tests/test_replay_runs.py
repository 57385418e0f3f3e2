"""A replay is a run: interrupted or killed, the same command goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from apps.metrics.models import PullRequest
from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.log import triggers
from ingest.log.append import append
from ingest.log.streams import StreamKey
from ingest.models import AuditLine, Chunk, Run
from ingest.replay import processing, starting
from ingest.replay.performing import perform
from ingest.replay.processing import Processed
from ingest.replay.replaying import verify
from ingest.replay.scope import Scope
from ingest.runs.lease import EXPIRES
from tests import payloads
from tests.tables import tables

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pairs")]

WHO = "us@example.com"


@pytest.fixture
def team() -> Team:
    team: Team = TeamFactory.create(slug="us")
    append(team, [payloads.fetched(payloads.merged(number)) for number in range(1, 8)])
    return team


class Stops:
    """Lets `after` chunks through and then hits `error`; remembers what was processed."""

    def __init__(self, after: int, error: type[BaseException]) -> None:
        self.after, self.error = after, error
        self.seen: list[StreamKey] = []
        self.process = processing.process

    def __call__(self, keys: Sequence[StreamKey], **options: Any) -> Processed:
        if self.after == 0:
            raise self.error("a bug of ours")
        self.after -= 1
        self.seen += keys
        return self.process(keys, **options)


def performed(scope: Scope, step: Stops) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processing, "process", step)
        return perform(scope, WHO)


def interrupted(team: Team, error: type[BaseException] = KeyboardInterrupt) -> Run:
    with pytest.raises(error):
        performed(Scope(team=team.slug), Stops(2, error))
    return Run.for_team(team).get()


def go_on(team: Team) -> tuple[list[int], Any]:
    step = Stops(99, RuntimeError)
    report = performed(Scope(team=team.slug), step)
    return [number for _, _, number in step.seen], report


def test_an_interrupted_replay_goes_on_where_it_stopped(team: Team) -> None:
    run = interrupted(team)
    assert run.state == Run.State.PAUSED
    numbers, report = go_on(team)
    assert numbers == [5, 6, 7]
    assert report.as_json()["created"] == 7, "the report is of the whole run"
    run.refresh_from_db()
    assert (run.state, run.report["streams"], run.report["selected"]) == (Run.State.COMPLETE, 7, 7)
    assert not Chunk.objects.exists()
    assert verify(Scope(team=team.slug)).changed == 0


def test_one_that_was_paused_between_two_chunks_goes_on_at_once(team: Team) -> None:
    """Its heart beat a moment ago, and nobody is at it."""
    run = interrupted(team)
    Chunk.objects.all().delete()
    Run.objects.update(heartbeat_at=timezone.now())
    assert go_on(team)[0] == [7], "the chunk of 5 and 6 is gone in this test"
    assert Run.objects.get() == run


def test_who_replayed_is_written_down_once(team: Team) -> None:
    run = interrupted(team)
    go_on(team)
    line = AuditLine.for_team(team).get()
    assert (line.who, line.action) == (WHO, "replay")
    assert line.detail == {"run": run.pk, "scope": {"team": "us"}}


def test_a_killed_replay_is_taken_over_when_its_heart_stopped(team: Team) -> None:
    run = interrupted(team)
    long_ago = timezone.now() - 2 * EXPIRES
    Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING, heartbeat_at=long_ago)
    Chunk.objects.update(lease="elsewhere:1:x", heartbeat_at=long_ago)
    assert go_on(team)[0] == [5, 6, 7]
    assert Run.for_team(team).count() == 1


def test_a_living_replay_of_the_same_scope_is_not_taken_over(team: Team) -> None:
    run = interrupted(team)
    Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING)
    Chunk.objects.update(lease="elsewhere:1:x")
    assert go_on(team)[0] == [1, 2, 3, 4, 5, 6, 7]
    assert Run.for_team(team).count() == 2


def test_with_other_code_it_begins_anew(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the rows made by the old formula would stay for ever."""
    interrupted(team)
    monkeypatch.setattr(starting, "fingerprint", lambda: "changed")
    assert go_on(team)[0] == [1, 2, 3, 4, 5, 6, 7]


def test_another_scope_begins_anew(team: Team) -> None:
    interrupted(team)
    step = Stops(99, RuntimeError)
    performed(Scope(team=team.slug, source="rest"), step)
    assert len(step.seen) == 7


def test_a_scope_that_shrinks_begins_anew(team: Team) -> None:
    """What became pending before the place where it stopped would be passed over."""
    with pytest.raises(KeyboardInterrupt):
        performed(Scope(team=team.slug, pending=True), Stops(2, KeyboardInterrupt))
    append(team, [payloads.fetched(payloads.merged(1, title="Changed"))])
    step = Stops(99, RuntimeError)
    performed(Scope(team=team.slug, pending=True), step)
    assert [number for _, _, number in step.seen] == [1, 5, 6, 7]


def test_a_failed_replay_says_why(team: Team) -> None:
    run = interrupted(team, ZeroDivisionError)
    assert (run.state, run.error, run.message) == (Run.State.FAILED, "ZeroDivisionError", "a bug of ours")
    assert not Chunk.objects.exists()
    assert go_on(team)[0] == [1, 2, 3, 4, 5, 6, 7]


def test_each_team_has_a_run_of_its_own(team: Team) -> None:
    other = TeamFactory.create(slug="others")
    append(other, [payloads.fetched(payloads.merged(1))])
    report = perform(Scope(), WHO)
    assert report.as_json()["streams"] == 8
    assert sorted(Run.objects.values_list("team__slug", "state")) == [
        ("others", "complete"),
        ("us", "complete"),
    ]


def test_migrate_installs_a_trigger_that_is_missing(team: Team) -> None:
    with connection.cursor() as cursor:
        on = " ON ingest_fetch" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER ingest_fetch_no_update{on}")
    assert triggers.missing() == ["ingest_fetch_no_update"]
    call_command("migrate", verbosity=0)
    assert triggers.missing() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_command_shares_the_work_among_processes(run_manage: Any, workers: str) -> None:
    team = TeamFactory.create(slug="us")
    append(team, [payloads.fetched(payloads.merged(number)) for number in range(1, 30)])
    done = run_manage("replay", "--team", "us", "--workers", workers, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert PullRequest.for_team(team).count() == 29
    assert verify(Scope(team="us")).changed == 0
    if workers == "2" and connection.vendor == "sqlite":
        assert "SQLite has one writer" in done.stderr
    before = tables(team)
    again = run_manage("replay", "--team", "us", "--workers", workers, "--format", "json")
    assert '"unchanged": 29' in again.stdout
    assert tables(team) == before

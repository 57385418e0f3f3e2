"""`events reindex`: derived columns follow the code that derives them, and the streams their events."""

import json

import pytest
from django.core.management import CommandError, call_command

from apps.teams.factories import TeamFactory
from ingest.log import placing, reindexing
from ingest.log.append import append
from ingest.log.purging import purge
from ingest.models import ParkedEvent, RawGitHubEvent, Stream
from ingest.models.event import DERIVED
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from tests import payloads
from tests.payloads import REPOSITORY_ID, delivered, fetched, moment
from tests.processed import dump
from tests.tables import tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def run_reindex(capsys):
    def run(*arguments):
        call_command("events", "reindex", *arguments, "--format", "json")
        return json.loads(capsys.readouterr().out)

    return run


def history():
    found = payloads.merged(7)
    return [
        delivered(payloads.delivery(payloads.pull_request(7), "opened"), moment(hours=1)),
        delivered(payloads.review_delivery(payloads.review()), moment(hours=2)),
        fetched(found, moment(hours=25)),
        fetched(payloads.commit("head 7"), moment(hours=25)),
        delivered(payloads.repository_delivery(), moment(hours=3)),
        delivered({"repository": payloads.repository()}, moment(hours=5), event_type="push"),
    ]


def stored_by_older_code(monkeypatch, *events):
    """A team whose events were stored, and processed, by code that found no number."""
    team = TeamFactory()
    right = placing.derive
    with monkeypatch.context() as older:
        older.setattr(placing, "derive", lambda event: right(event)._replace(number=0, actor=""))
        append(team, events or history())
        replay(Scope(team=team.slug))
    return team


def counted():
    """What each stream's row should count."""
    found = {}
    for event in RawGitHubEvent.objects.all():
        events, size = found.get((event.repository_id, event.number), (0, 0))
        found[event.repository_id, event.number] = (events + 1, size + len(event.packed))
    return found


def counts():
    return {(s.repository_id, s.number): (s.events, s.bytes) for s in Stream.objects.all() if s.events}


def columns():
    return list(RawGitHubEvent.objects.order_by("sha256").values_list("sha256", *DERIVED))


def test_moves_events_with_their_counts_and_replay_puts_the_rows_right(monkeypatch, run_reindex):
    right = TeamFactory()
    append(right, history())
    replay(Scope(team=right.slug))
    wanted, expected = columns(), tables(right)
    purge(right, None, "a test")

    team = stored_by_older_code(monkeypatch)
    assert tables(team) != expected
    assert run_reindex("--team", team.slug) == {"events": 6, "changed": 5, "moved": 4, "streams": 2}
    assert columns() == wanted
    assert counts() == counted()
    assert sorted(events for events, _ in counts().values()) == [2, 4]
    assert set(Stream.objects.values_list("applied", flat=True)) == {-1}

    report = replay(Scope(team=team.slug, pending=True))
    assert (report.processed.streams, report.pending) == (2, 0)
    assert tables(team) == expected
    assert verify(Scope(team=team.slug)).changed == 0


def test_a_second_call_changes_nothing(monkeypatch, run_reindex):
    team = stored_by_older_code(monkeypatch)
    run_reindex()
    replay(Scope(team=team.slug, pending=True))
    before = dump()
    assert run_reindex() == {"events": 6, "changed": 0, "moved": 0, "streams": 0}
    assert dump() == before


def test_an_emptied_stream_is_pending_and_its_rows_go(monkeypatch, run_reindex):
    """Here older code took 7 for 8."""
    team, right = TeamFactory(), placing.derive
    with monkeypatch.context() as older:
        older.setattr(placing, "derive", lambda event: right(event)._replace(number=8))
        append(team, [fetched(payloads.commit("one"))])
        replay(Scope(team=team.slug))
    assert tables(team)["PullRequestCommit"][0]["number"] == 8
    run_reindex()
    emptied = Stream.objects.get(number=8)
    assert (emptied.events, emptied.bytes, emptied.applied) == (0, 0, -1)
    replay(Scope(team=team.slug, pending=True))
    assert [row["number"] for row in tables(team)["PullRequestCommit"]] == [7]


def test_a_changed_place_in_the_order_makes_the_stream_pending(monkeypatch, run_reindex):
    team, right = TeamFactory(), placing.derive
    with monkeypatch.context() as older:
        older.setattr(placing, "derive", lambda event: right(event)._replace(instant=None))
        append(team, [fetched(payloads.pull_request(7))])
        replay(Scope(team=team.slug))
    assert run_reindex() == {"events": 1, "changed": 1, "moved": 0, "streams": 1}
    assert Stream.objects.get().pending == 1


def test_a_parked_event_moves_with_its_parked_row(monkeypatch, run_reindex):
    broken = fetched(payloads.pull_request(7, id="no number"))
    team = stored_by_older_code(monkeypatch, broken)
    assert ParkedEvent.objects.get().stream.number == 0
    run_reindex()
    assert ParkedEvent.objects.get().stream.number == 7
    replay(Scope(team=team.slug, pending=True))
    assert ParkedEvent.objects.get().stream.number == 7


def test_reads_page_by_page(monkeypatch, run_reindex):
    stored_by_older_code(monkeypatch)
    monkeypatch.setattr("ingest.log.pages.AT_MOST", 2)
    assert run_reindex() == {"events": 6, "changed": 5, "moved": 4, "streams": 2}
    assert counts() == counted()


def test_an_event_that_somebody_moved_meanwhile_is_counted_once(monkeypatch):
    """Two calls at once: the one that comes second finds the event elsewhere than it read it."""
    stored_by_older_code(monkeypatch, fetched(payloads.pull_request(7)))
    (page,) = reindexing.pages(RawGitHubEvent.objects.all())
    assert reindexing.reindex(RawGitHubEvent.objects.all()).moved == 1
    monkeypatch.setattr(reindexing, "pages", lambda found: [page])
    assert reindexing.reindex(RawGitHubEvent.objects.all()).moved == 0
    assert counts() == counted()


def test_a_scope_is_what_was_named_or_derived(monkeypatch, run_reindex):
    team = TeamFactory()
    right = placing.derive
    with monkeypatch.context() as older:
        older.setattr(placing, "derive", lambda event: right(event)._replace(repository_id=0))
        append(team, [fetched(payloads.review()), fetched(payloads.review(2), repository_id=5)])
    assert run_reindex("--repo", str(REPOSITORY_ID))["moved"] == 1
    assert run_reindex("--team", TeamFactory().slug)["events"] == 0
    assert run_reindex("--team", team.slug)["moved"] == 1


def test_says_what_to_do_next(monkeypatch, capsys):
    team = stored_by_older_code(monkeypatch)
    call_command("events", "reindex", "--team", team.slug)
    out = capsys.readouterr().out
    assert "6 events read, 5 changed" in out
    assert f"manage.py replay --team {team.slug} --pending" in out


@pytest.mark.parametrize("arguments", [["--team", "nobody"], ["--repo", "no/where"]])
def test_an_unknown_scope_is_wrong_usage(arguments):
    with pytest.raises(CommandError) as raised:
        call_command("events", "reindex", *arguments)
    assert raised.value.returncode == 2


def test_does_not_touch_facts(monkeypatch, run_reindex):
    stored_by_older_code(monkeypatch)
    facts = ("id", "sha256", "named_number", "received_at", "packed", "headers", "fetch_id")
    before = list(RawGitHubEvent.objects.order_by("id").values(*facts))
    run_reindex()
    assert list(RawGitHubEvent.objects.order_by("id").values(*facts)) == before

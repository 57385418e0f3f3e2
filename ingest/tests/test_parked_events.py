"""Parked events by cause, and skipping them: a recorded decision that can be undone."""

import pytest
from django.core.management import CommandError

from apps.metrics.models import PRReview, PullRequest
from apps.teams.factories import TeamFactory
from ingest.log.purging import purge
from ingest.models import AuditLine, ParkedEvent, RawGitHubEvent, SkippedEvent, Stream
from ingest.replay.causes import groups
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from ingest.replay.skipping import NotParked, skip, undo
from ingest.routing import HANDLED
from tests.payloads import delivered, delivery, fetched, merged, moment, pull_request, review, stamp
from tests.processed import store, store_and_process
from tests.tables import log_of, tables

from .events_command import events, events_json, refused

pytestmark = pytest.mark.django_db

WHO = "ann@example.com"
LATER = stamp(moment(hours=99))
WHY = "GitHub sent it so once; see the incident of June"


def good():
    return [fetched(merged(7)), fetched(review(), number=7), fetched(pull_request(8))]


def bad():
    return [
        delivered(delivery(pull_request(7, state="odd"), "opened"), moment(hours=50)),
        delivered(delivery(pull_request(8, state="odd"), "opened"), moment(hours=51)),
        delivered(delivery(pull_request(9, state="odd"), "closed"), moment(hours=52)),
        delivered(b"<html>", moment(hours=53), event_type="pull_request"),
    ]


@pytest.fixture
def team():
    team = TeamFactory(slug="acme")
    store_and_process(team, *good(), *bad())
    return team


def parked(**fields):
    return ParkedEvent.objects.filter(**fields).values_list("event_id", flat=True).order_by("pk")


class TestGroups:
    def test_events_of_one_cause_are_one_group(self, team):
        found = groups(ParkedEvent.objects.all())
        assert [(g.event_type, g.action, g.place, g.count) for g in found] == [
            ("pull_request", "opened", "$.pull_request.state", 2),
            ("pull_request", "", "Unreadable in ingest/shapes/decoding.py:_decode_slowly", 1),
            ("pull_request", "closed", "$.pull_request.state", 1),
        ]
        assert found[0].sample == parked(action="opened")[0]
        assert "odd" in found[0].message
        assert found[0].first_at <= found[0].last_at

    def test_a_bug_of_ours_has_its_place_in_our_code(self, team, monkeypatch):
        def broken(team, payload, *, into):
            into.add_review(None)

        monkeypatch.setitem(HANDLED, "pull_request_review", broken)
        replay(Scope(pr=7))
        (found,) = [g for g in groups(ParkedEvent.objects.all()) if g.event_type == "pull_request_review"]
        assert found.place.startswith("AttributeError in apps/metrics/processors/")
        assert ":" in found.place
        assert not any(letter.isdigit() for letter in found.place)

    def test_a_fingerprint_is_the_same_for_everybody(self, team):
        other = TeamFactory()
        store_and_process(other, *good(), *bad())
        mine, theirs = groups(ParkedEvent.for_team(team)), groups(ParkedEvent.for_team(other))
        assert [g.fingerprint for g in mine] == [g.fingerprint for g in theirs]
        assert len({g.fingerprint for g in mine}) == 3

    def test_rows_of_before_the_column_are_grouped_by_what_was_known(self, team):
        before = [(g.fingerprint, g.count) for g in groups(ParkedEvent.objects.exclude(path=""))]
        ParkedEvent.objects.update(place="")
        assert [(g.fingerprint, g.count) for g in groups(ParkedEvent.objects.exclude(path=""))] == before

    def test_the_command(self, team):
        found = events_json("parked", "--team", "acme", "--repo", "acme/shop")
        assert (found["parked"], len(found["groups"])) == (3, 2), "the page is of no repository"
        assert events_json("parked")["parked"] == 4
        text = events("parked")
        assert all(g["fingerprint"] in text for g in found["groups"])
        TeamFactory(slug="empty")
        assert events("parked", "--team", "empty").strip() == "no event is parked"
        assert "no team" in refused("parked", "--team", "nobody")


class TestSkip:
    def test_it_is_parked_no_more_and_stays_in_the_log(self, team):
        log = log_of(team)
        assert skip(parked(action="opened"), WHY, WHO) == 2
        assert [g.action for g in groups(ParkedEvent.objects.all())] == ["", "closed"]
        assert log_of(team) == log
        assert not Stream.objects.filter(applied=-1).exists()
        assert SkippedEvent.objects.values_list("reason", "who").distinct().get() == (WHY, WHO)
        assert events_json("list", "--status", "skipped")["events"][0]["reason"] == f"by {WHO}: {WHY}"

    def test_it_is_as_if_it_were_absent(self, team):
        other = TeamFactory()
        store_and_process(other, *good())
        skip(parked(), WHY, WHO)
        assert tables(team) == tables(other)

    def test_no_replay_brings_it_back(self, team):
        skip(parked(), WHY, WHO)
        before = tables(team)
        assert replay(Scope()).as_json()["parked"] == 0
        assert tables(team) == before
        assert verify(Scope()).changed == 0

    def test_an_event_that_was_half_folded_leaves_nothing(self, team, monkeypatch):
        """A processor of ours failed after it had taken something of the payload."""
        whole = HANDLED["pull_request"]

        def broken(team, payload, *, into):
            whole(team, payload, into=into)
            if into.occasion.instant and payload.pull_request.title == "Half":
                raise RuntimeError("a bug of ours")

        monkeypatch.setitem(HANDLED, "pull_request", broken)
        store_and_process(team, delivered(delivery(pull_request(8, title="Half", updated_at=LATER))))
        assert PullRequest.objects.get(number=8).title == "Half"
        skip(parked(error="RuntimeError"), WHY, WHO)
        assert PullRequest.objects.get(number=8).title == "Change 8"
        assert verify(Scope()).changed == 0

    def test_who_skipped_and_why_is_written_down(self, team):
        wanted = sorted(parked(action="opened"))
        skip(wanted, WHY, WHO)
        undo(wanted, "bob@example.com")
        first, second = AuditLine.for_team(team).order_by("pk")
        assert (first.who, first.action, first.detail) == (WHO, "skip", {"events": wanted, "reason": WHY})
        assert (second.who, second.action, second.detail) == (
            "bob@example.com",
            "undo skip",
            {"events": wanted},
        )

    def test_undone_it_is_parked_again(self, team):
        before = tables(team)
        wanted = list(parked())
        skip(wanted, WHY, WHO)
        assert undo(wanted, WHO) == 4
        assert not SkippedEvent.objects.exists()
        assert tables(team) == before

    def test_undone_after_the_code_was_mended_it_is_applied(self, team, monkeypatch):
        whole = HANDLED["pull_request_review"]
        monkeypatch.setitem(HANDLED, "pull_request_review", None)
        replay(Scope())
        wanted = list(parked(event_type="pull_request_review"))
        skip(wanted, WHY, WHO)
        monkeypatch.setitem(HANDLED, "pull_request_review", whole)
        replay(Scope())
        assert not PRReview.objects.exists()
        undo(wanted, WHO)
        assert PRReview.objects.count() == 1

    def test_later_events_of_its_stream_are_applied(self, team):
        skip(parked(), WHY, WHO)
        newer = pull_request(8, title="New", updated_at=LATER)
        store(team, delivered(delivery(newer)))
        shown = [e["status"] for e in events_json("list", "--pr", "8")["events"]]
        assert shown == ["pending", "skipped", "processed"]
        replay(Scope(pending=True))
        assert PullRequest.objects.get(number=8).title == "New"

    def test_a_purge_takes_the_decision_with_the_event(self, team):
        skip(parked(), WHY, WHO)
        purge(team, None, WHO)
        assert not SkippedEvent.objects.exists()
        assert not RawGitHubEvent.objects.exists()

    def test_only_a_parked_event_can_be_skipped(self, team):
        processed = RawGitHubEvent.objects.filter(event_type="pull_request_review").first().pk
        with pytest.raises(NotParked):
            skip([processed], WHY, WHO)
        assert not SkippedEvent.objects.exists()
        assert not AuditLine.objects.exists()

    def test_a_reason_is_needed(self, team):
        with pytest.raises(ValueError, match="reason"):
            skip(parked(), "  ", WHO)


class TestCommand:
    def test_a_group_is_skipped_and_undone(self, team):
        group = groups(ParkedEvent.objects.all())[0].fingerprint
        assert events_json("skip", "--group", group, "--reason", WHY) == {"skipped": 2}
        assert "folded again: 2;" in events("skip", "--group", group, "--undo")
        assert ParkedEvent.objects.count() == 4

    def test_a_group_of_several_teams_is_refused_without_one(self, team):
        store_and_process(TeamFactory(slug="other"), *bad())
        group = groups(ParkedEvent.objects.filter(team=team))[0].fingerprint
        for how in (["--reason", WHY], ["--undo"]):
            if how == ["--undo"]:
                events("skip", "--group", group, "--team", "other", "--reason", WHY)
                events("skip", "--group", group, "--team", "acme", "--reason", WHY)
            rows = list(SkippedEvent.objects.values_list("pk", flat=True))
            told = refused("skip", "--group", group, *how)
            assert f"events of 2 teams are in the group {group}" in told
            assert "acme, other" in told
            assert list(SkippedEvent.objects.values_list("pk", flat=True)) == rows
        assert events_json("skip", "--group", group, "--team", "acme", "--undo") == {"undone": 2}
        assert set(SkippedEvent.objects.values_list("team__slug", flat=True)) == {"other"}
        assert "no team 'nobody'" in refused("skip", "--group", group, "--team", "nobody", "--undo")

    def test_what_undoes_it_is_printed_as_it_can_be_typed(self, team):
        store_and_process(TeamFactory(slug="other"), *bad())
        group = groups(ParkedEvent.objects.filter(team=team))[0].fingerprint
        ways = (["--group", group, "--team", "acme"], [f"--event={parked(team__slug='other')[0]}"])
        for way in ways:
            told = " ".join(events("skip", *way, "--reason", WHY).split())
            typed = told.partition("to undo it: manage.py events ")[2].split()
            skipped = SkippedEvent.objects.count()
            assert f"folded again: {skipped};" in events(*typed)
            assert not SkippedEvent.objects.exists()

    def test_events_by_their_ids(self, team):
        first, second, *_ = parked()
        events("skip", "--event", first, "--event", second, "--reason", WHY)
        assert set(SkippedEvent.objects.values_list("event_id", flat=True)) == {first, second}
        assert "on the command line" in AuditLine.objects.get().who

    def test_what_can_not_be_skipped(self, team):
        assert "no parked event is in a group" in refused("skip", "--group", "nothing", "--reason", WHY)
        assert "no stored event has the id 999999" in refused("skip", "--event", 999999, "--reason", WHY)
        assert "none of these events was skipped" in refused("skip", "--group", "nothing", "--undo")
        with pytest.raises(CommandError):
            events("skip", "--event", parked()[0])

    def test_a_whole_stream_can_not_be_skipped(self, team):
        twice = pull_request(21, id=pull_request(20)["id"])
        store_and_process(team, fetched(pull_request(20)), fetched(twice))
        (found,) = [g for g in groups(ParkedEvent.objects.all()) if g.place == "Refused"]
        assert (found.event_type, found.sample) == ("", None)
        assert "whole streams are parked" in refused("skip", "--group", found.fingerprint, "--reason", WHY)

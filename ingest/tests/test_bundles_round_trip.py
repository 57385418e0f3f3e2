"""`events export`, then `events import`: nothing is added or lost on the way."""

import io

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.log.append import append
from ingest.models import Fetch, RawGitHubEvent, Stream
from ingest.models.event import DERIVED
from ingest.replay.replaying import replay
from ingest.replay.scope import Scope
from tests.tables import tables

from .bundle_events import history, new_events, read_all

pytestmark = pytest.mark.django_db


def facts(team):
    """All that is to be equal of two logs: bytes, facts and derived columns, and the requests."""
    names = (
        *("source", "event_type", "action", "delivery_id", "headers", "endpoint", "received_at"),
        *("sha256", "size", *DERIVED),
        *("fetch__url", "fetch__status", "fetch__answered_at", "fetch__details"),
    )
    return sorted(map(repr, RawGitHubEvent.for_team(team).values_list(*names)))


def counts(team):
    return sorted(Stream.for_team(team).values_list("repository_id", "number", "events", "bytes"))


class TestRoundTrip:
    @pytest.mark.parametrize("ending", [".ndjson", ".ndjson.gz", ".ndjson.zst"])
    def test_into_the_same_team_adds_nothing_and_into_an_empty_one_gives_the_same(
        self, tmp_path, run_import, ending
    ):
        team, output = TeamFactory(), str(tmp_path / f"out{ending}")
        events = history()
        assert len(append(team, events).ids) == len(events)
        replay(Scope(team=team.slug))
        call_command("events", "export", "--team", team.slug, "--output", output)

        status, report, _ = run_import(output, "--team", team.slug)
        assert (status, report["stored"], report["duplicates"]) == (0, 0, len(events))

        status, report, _ = run_import(output, "--team", "empty", "--replay")
        assert (status, report["stored"], report["duplicates"]) == (0, len(events), 0)
        empty = Team.objects.get(slug="empty")
        assert facts(empty) == facts(team)
        assert counts(empty) == counts(team)
        found = tables(team)
        assert tables(empty) == found
        assert found["PullRequest"]
        assert found["PRReview"]
        assert found["Commit"]

        again = str(tmp_path / f"again{ending}")
        call_command("events", "export", "--team", "empty", "--output", again)
        unpacked = [b"".join(piece for _, piece in read_all(name)) for name in (output, again)]
        assert unpacked[0] == unpacked[1]

    def test_items_of_one_answer_still_share_its_request(self, tmp_path, run_import):
        team, output = TeamFactory(), str(tmp_path / "out.ndjson")
        append(team, history())
        call_command("events", "export", "--team", team.slug, "--output", output)
        run_import(output, "--team", "empty")
        assert Fetch.objects.filter(team__slug="empty").count() == Fetch.for_team(team).count() == 4

    @settings(max_examples=25, deadline=None)
    @given(events=st.lists(new_events, max_size=8, unique_by=lambda e: (e.body, e.event_type)))
    def test_any_events_come_back(self, tmp_path_factory, events):
        team, empty = TeamFactory(), TeamFactory()
        output = str(tmp_path_factory.mktemp("bundle") / "out.ndjson")
        append(team, events, imported=True)
        call_command("events", "export", "--team", team.slug, "--output", output, stderr=io.StringIO())
        report = io.StringIO()
        for slug in (team.slug, empty.slug):
            call_command("events", "import", output, "--team", slug, stdout=report, stderr=report)
        assert facts(empty) == facts(team)
        assert counts(empty) == counts(team)

"""Members look, admins run; a run of another team is not there."""

import pytest
from django.test import Client

from apps.teams.factories import MembershipFactory, TeamFactory
from ingest.models import Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(team):
    return Run.objects.create(team=team, kind="replay", scope={"team": "ours", "pr": 3})


def test_members_look_and_are_offered_nothing(team, run):
    member = Client()
    member.force_login(MembershipFactory(team=team).user)
    for path in ("", "new/?number=3", f"{run.pk}/"):
        answer = member.get(f"/a/ours/replays/{path}")
        assert answer.status_code == 200
        assert 'name="mode"' not in answer.text
        assert "/pause/" not in answer.text
    for action in ("pause", "resume", "cancel"):
        assert member.post(f"/a/ours/replays/{run.pk}/{action}/").status_code == 403
    assert member.post("/a/ours/replays/begin/", {"mode": "dry-run", "number": "3"}).status_code == 403
    assert [one.state for one in Run.objects.all()] == ["queued"]


def test_runs_of_others_and_backfills_are_not_there(client, team):
    theirs = Run.objects.create(team=TeamFactory(), kind="replay", scope={})
    backfill = Run.objects.create(team=team, kind="backfill", scope={"repository": "a/b"})
    for one in (theirs, backfill):
        assert client.get(f"/a/ours/replays/{one.pk}/").status_code == 404
        assert client.post(f"/a/ours/replays/{one.pk}/cancel/").status_code == 404
    assert client.get("/a/ours/replays/").context["views"] == []


def test_a_get_begins_and_changes_nothing(client, team, run):
    for path in ("begin/", f"{run.pk}/cancel/", f"{run.pk}/pause/", f"{run.pk}/resume/"):
        assert client.get(f"/a/ours/replays/{path}").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/a/ours/replays/begin/").status_code == 403

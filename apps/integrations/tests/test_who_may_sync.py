"""Who may do what with a repository and a run that are there."""

import pytest
from django.db import connection
from django.test import Client

from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import AvailableRepository
from apps.integrations.services.github_sync import begin
from ingest.backfill.window import Window
from ingest.models import AuditLine, Run

from .pages import client_of

pytestmark = pytest.mark.django_db

READ = ("repos/{repo}/", "runs/{run}/")
POSTS = (
    "repos/{repo}/toggle/",
    "repos/{repo}/sync/",
    "repos/{repo}/plan/",
    "repos/{repo}/webhook/",
    "repos/{repo}/purge/",
    "runs/{run}/pause/",
    "runs/{run}/resume/",
    "runs/{run}/cancel/",
)


@pytest.fixture
def tracked():
    found = TrackedRepositoryFactory(team__slug="ours")
    AvailableRepository.objects.create(
        team=found.team,
        integration=found.integration,
        github_repo_id=found.github_repo_id,
        full_name=found.full_name,
    )
    begin(found, Window())
    return found


@pytest.fixture
def stranger(tracked):
    """An admin elsewhere, whose team follows another repository."""
    return client_of(TrackedRepositoryFactory(team__slug="theirs").team, email="stranger@example.com")


def place(tracked, path, team="ours"):
    found = path.format(repo=tracked.github_repo_id, run=Run.objects.get().pk)
    return f"/a/{team}/integrations/{'github/' if path.startswith('repos') else ''}{found}"


@pytest.mark.parametrize("path", [*READ, *POSTS])
def test_a_stranger_learns_nothing(tracked, stranger, path):
    ask = stranger.get if path in READ else stranger.post
    # By our address, and by theirs with our ids.
    assert ask(place(tracked, path)).status_code == 404
    assert ask(place(tracked, path, "theirs")).status_code == 404
    assert Run.objects.get().state == Run.State.QUEUED
    assert not AuditLine.objects.exists()


@pytest.mark.parametrize("path", POSTS)
def test_a_member_changes_nothing(tracked, path):
    assert client_of(tracked.team, "member").post(place(tracked, path)).status_code == 403
    assert Run.objects.get().state == Run.State.QUEUED
    assert not AuditLine.objects.exists()


@pytest.mark.parametrize("path", READ)
def test_a_member_reads(tracked, path):
    answer = client_of(tracked.team, "member").get(place(tracked, path))
    assert answer.status_code == 200
    assert "<form" not in answer.text.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("path", [*READ, *POSTS])
def test_nobody_signs_in_first(tracked, path):
    ask = Client().get if path in READ else Client().post
    assert ask(place(tracked, path)).url.startswith("/sign-in/")


@pytest.mark.parametrize("path", POSTS)
def test_another_site_s_form_is_refused(tracked, path):
    client = client_of(tracked.team)
    client.handler.enforce_csrf_checks = True
    assert client.post(place(tracked, path)).status_code == 403
    assert Run.objects.get().state == Run.State.QUEUED


def test_reading_writes_nothing(tracked):
    def reads(execute, sql, params, many, context):
        assert sql.split(None, 1)[0] == "SELECT", sql
        return execute(sql, params, many, context)

    client = client_of(tracked.team)
    for path in (*READ, "repos/", "runs/", "repos/{repo}/purge/"):
        with connection.execute_wrapper(reads):
            assert client.get(place(tracked, path)).status_code == 200

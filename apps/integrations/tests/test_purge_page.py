from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import Purge, TrackedRepository
from apps.integrations.services.github_sync import sync_repository_history
from ingest.models import AuditLine, RawGitHubEvent

from .pages import HTMX, client_of, mute

pytestmark = pytest.mark.django_db


@pytest.fixture
def tracked(standin, world):
    found = TrackedRepositoryFactory(
        team__slug="core", github_repo_id=world.repository.id, full_name="acme/rocket"
    )
    sync_repository_history(found)
    return found


@pytest.fixture
def admin(tracked):
    return client_of(tracked.team)


def page(tracked):
    return f"/a/core/integrations/github/repos/{tracked.github_repo_id}/purge/"


def test_a_name_must_be_typed(tracked, admin):
    for typed in ("", "acme", "ACME/rocket", "core"):
        answer = admin.post(page(tracked), {"typed": typed})
        assert answer.status_code == 200
        assert "Nothing was done." in answer.text
    assert not Purge.objects.exists()
    assert RawGitHubEvent.objects.exists()


def test_from_typing_to_done(tracked, admin, monkeypatch, django_capture_on_commit_callbacks):
    sent = mute(monkeypatch, tasks.work_on_purge)
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin.post(page(tracked), {"typed": "acme/rocket"}, follow=True)
    (asked,) = Purge.objects.all()
    assert sent == [("work_on_purge", asked.pk)]
    assert "Waiting for a worker" in answer.text
    assert 'hx-trigger="every 2s"' in answer.text
    assert "Delete it all" not in answer.text
    assert admin.get(page(tracked), headers=HTMX).status_code == 200
    Purge.objects.update(state="running", heartbeat_at=timezone.now() - timedelta(minutes=5))
    assert "It goes on by itself" in admin.get(page(tracked)).text
    tasks.work_on_purge(asked.pk)
    fragment = admin.get(page(tracked), headers=HTMX)
    assert (fragment.status_code, "<html" in fragment.text) == (286, False)
    assert "asked for by admin@example.com" in fragment.text
    assert not RawGitHubEvent.objects.exists()
    (line,) = AuditLine.objects.all()
    assert (line.action, line.who) == ("purge", "admin@example.com")
    assert admin.get(page(tracked)).context["events"] == 0


def test_the_whole_team(tracked, admin, monkeypatch, django_capture_on_commit_callbacks):
    mute(monkeypatch, tasks.work_on_purge)
    place = "/a/core/integrations/purge/"
    assert "Nothing was done." in admin.post(place, {"typed": "acme/rocket"}).text
    admin.post(place, {"typed": "core"})
    tasks.work_on_purge(Purge.objects.get(github_repo_id=0).pk)
    assert not RawGitHubEvent.objects.exists()


def test_what_is_said_before(tracked, admin):
    text = admin.get(page(tracked)).text
    assert f"{RawGitHubEvent.objects.count():,} raw events" in text
    assert "The repository is followed." in text
    assert "It is cancelled first." not in text


def test_the_way_to_the_whole_team_stands_in_its_settings(tracked, admin):
    place = "/a/core/integrations/purge/"
    assert f'href="{place}"' in admin.get("/a/core/settings/").text
    assert 'href="/a/core/settings/">Settings<' in admin.get(place).text


def test_of_a_whole_team_it_is_said_that_webhooks_go_on(tracked, admin):
    place = "/a/core/integrations/purge/"
    text = admin.get(place).text
    assert "1 repository is followed." in text
    assert "What GitHub delivers from now on is stored again." in text
    assert 'href="/a/core/integrations/github/repos/?followed=yes">stop following it</a>' in text
    TrackedRepositoryFactory(integration=tracked.integration)
    assert "2 repositories are followed." in admin.get(place).text
    TrackedRepositoryFactory(team__slug="other")
    TrackedRepository.objects.filter(team=tracked.team).update(is_active=False)
    assert "followed" not in admin.get(place).text
    assert "is followed" not in admin.get(page(tracked)).text


def test_nobody_else(tracked):
    assert client_of(tracked.team, "member").get(page(tracked)).status_code == 403
    other = TrackedRepositoryFactory(team__slug="other")
    stranger = client_of(other.team)
    assert stranger.get(page(tracked).replace("core", "other")).status_code == 404

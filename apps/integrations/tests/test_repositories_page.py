from datetime import UTC, datetime

import pytest

from apps.integrations import tasks
from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.models import AvailableRepository, IntegrationCredential
from apps.integrations.services.repositories import choosing
from apps.integrations.services.repositories.choosing import choices

from .pages import HTMX, client_of, mute

pytestmark = pytest.mark.django_db


@pytest.fixture
def integration():
    return GitHubIntegrationFactory(team__slug="core", organization_slug="acme")


@pytest.fixture
def member(integration):
    return client_of(integration.team, "member")


PAGE = "/a/core/integrations/github/repos/"


def listed(integration, name, **fields):
    number = AvailableRepository.objects.count() + 1
    values = {"team": integration.team, "github_repo_id": number, "full_name": f"acme/{name}", **fields}
    return AvailableRepository.objects.create(integration=integration, **values)


def shown(client, query=""):
    answer = client.get(f"{PAGE}{query}")
    assert answer.status_code == 200
    return [card.full_name for card in answer.context["cards"]]


def test_search_and_filters_stand_in_the_address(integration, member):
    listed(integration, "api", language="Go", is_private=True)
    listed(integration, "web", language="TypeScript")
    listed(integration, "old-web", language="TypeScript", is_archived=True)
    TrackedRepositoryFactory(integration=integration, github_repo_id=1)
    assert shown(member) == ["acme/api", "acme/web"]
    assert shown(member, "?archived=1") == ["acme/api", "acme/old-web", "acme/web"]
    assert shown(member, "?name=WEB&archived=1") == ["acme/old-web", "acme/web"]
    assert shown(member, "?language=Go") == ["acme/api"]
    assert shown(member, "?visibility=private") == ["acme/api"]
    assert shown(member, "?visibility=public") == ["acme/web"]
    assert shown(member, "?followed=yes") == ["acme/api"]
    assert shown(member, "?followed=no") == ["acme/web"]
    assert shown(member, "?language=Cobol") == []


@pytest.mark.parametrize(
    "query", ["?page=x", "?page=999", "?visibility=1", "?followed=?", "?name=%00", "?asked=x"]
)
def test_an_address_that_means_nothing_is_a_page(integration, member, query):
    listed(integration, "api")
    assert shown(member, query) == ["acme/api"]


def test_many_pages(integration, member, django_assert_max_num_queries):
    AvailableRepository.objects.bulk_create(
        AvailableRepository(
            team=integration.team, integration=integration, github_repo_id=n, full_name=f"acme/r{n:04}"
        )
        for n in range(1, 1201)
    )
    with django_assert_max_num_queries(20):
        assert shown(member, "?page=40")[-1] == "acme/r1200"
    found = [name for page in range(1, 41) for name in shown(member, f"?page={page}")]
    assert found == [f"acme/r{n:04}" for n in range(1, 1201)]


def test_followed_ones_that_are_not_listed_come_first(integration, member):
    listed(integration, "api")
    TrackedRepositoryFactory(integration=integration, github_repo_id=99, full_name="acme/gone")
    TrackedRepositoryFactory(integration=integration, github_repo_id=98, is_active=False)
    assert shown(member) == ["acme/gone", "acme/api"]
    assert shown(member, "?followed=no") == ["acme/api"]
    assert shown(member, "?name=api") == ["acme/api"]


def test_nothing_is_asked_of_github(integration, member, settings):
    settings.GITHUB_API_URL = "http://127.0.0.1:9"
    listed(integration, "api")
    assert shown(member) == ["acme/api"]


def test_another_team_s_list_is_not_shown(integration, member):
    listed(GitHubIntegrationFactory(), "theirs")
    assert shown(member) == []


def test_of_several_connections_the_one_that_works(integration, member):
    IntegrationCredential.objects.update(status="revoked")
    listed(integration, "old")
    assert shown(member) == ["acme/old"]
    other = GitHubIntegrationFactory(team=integration.team, credential__source="environment")
    AvailableRepository.objects.update(github_repo_id=50)
    listed(other, "of-the-server", github_repo_id=51)
    assert choosing.integration_of(integration.team) == other
    IntegrationCredential.objects.update(status="active")
    assert choosing.integration_of(integration.team) == integration


def test_a_revoked_token_and_a_list_that_did_not_come_are_said(integration, member):
    integration.repositories_problem = "GitHub failed."
    integration.save()
    assert "could not be brought up to date. GitHub failed." in member.get(PAGE).text
    IntegrationCredential.objects.update(status="revoked")
    assert "no longer takes the team" in member.get(PAGE).text


def test_without_a_connection(member, integration):
    type(integration).objects.all().delete()
    assert "Not connected to GitHub" in member.get(PAGE).text
    assert client_of(integration.team).post(f"{PAGE}refresh/").status_code == 404


def test_only_the_list_for_htmx(integration, member):
    listed(integration, "api")
    text = member.get(PAGE, headers=HTMX).text
    assert "acme/api" in text
    assert "<html" not in text


def test_the_list_is_asked_for_again(integration, member, monkeypatch, django_capture_on_commit_callbacks):
    sent = mute(monkeypatch, tasks.list_repositories)
    admin = client_of(integration.team)
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin.post(f"{PAGE}refresh/")
    assert sent == [("list_repositories", integration.pk)]
    waiting = "GitHub is being asked for the list."
    assert waiting in admin.get(answer.url).text
    integration.repositories_listed_at = datetime(2100, 1, 1, tzinfo=UTC)
    integration.save()
    assert waiting not in admin.get(answer.url).text
    assert waiting not in admin.get(f"{PAGE}?asked=1").text


def test_the_first_list_appears_by_itself(integration, member):
    """Who connects is on this page before GitHub has answered."""
    looks_again = "every 2s"
    type(integration).objects.update(repositories_listed_at=None)
    assert looks_again in member.get(PAGE).text
    type(integration).objects.update(repositories_problem="GitHub failed.")
    assert looks_again not in member.get(PAGE).text
    type(integration).objects.update(repositories_problem="", repositories_listed_at=datetime.now(UTC))
    assert looks_again not in member.get(PAGE).text


def test_a_member_sees_no_button(integration, member):
    listed(integration, "api")
    assert "Follow and sync" not in member.get(PAGE).text
    assert "Follow and sync" in client_of(integration.team).get(PAGE).text


def test_the_windows_say_what_they_fetch():
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    said = {choice.value: choice.sentence for choice in choices(now)}
    assert said["90"] == "pull requests updated since 24 Aug, and all open ones"
    assert said["365"] == "pull requests updated since 22 Nov 2025, and all open ones"
    assert said["all"] == "pull requests that there ever were"
    assert list(said) == ["30", "90", "180", "365", "all"]

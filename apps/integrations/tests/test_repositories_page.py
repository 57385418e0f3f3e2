import re
from datetime import UTC, datetime
from html import unescape

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


def unlisted(client, query=""):
    """Those in the section of their own, and how many it says there are."""
    context = client.get(f"{PAGE}{query}").context
    return [card.full_name for card in context["unlisted_cards"]], context["unlisted_count"]


def test_followed_ones_that_are_not_listed_have_a_section_with_a_count(integration, member):
    listed(integration, "api")
    TrackedRepositoryFactory(integration=integration, github_repo_id=99, full_name="acme/gone")
    TrackedRepositoryFactory(integration=integration, github_repo_id=98, is_active=False)
    text = member.get(PAGE).text
    assert re.search(r'role="status">\s+1 repository\b', text)
    assert "Followed, and not listed by the connection: 1<" in text
    assert "unlisted=1" not in text
    assert (shown(member), unlisted(member)) == (["acme/api"], (["acme/gone"], 1))
    assert unlisted(member, "?followed=no") == ([], 0)
    assert unlisted(member, "?name=api") == ([], 0)
    assert "No repository matches" not in member.get(f"{PAGE}?name=gone").text


def test_many_that_are_not_listed_are_paged(integration, member, django_assert_max_num_queries):
    listed(integration, "api")
    names = [f"acme/r{number:02}" for number in range(40)]
    for number, name in enumerate(names):
        TrackedRepositoryFactory(integration=integration, github_repo_id=500 + number, full_name=name)
    assert unlisted(member) == (names[:10], 40)
    text = member.get(f"{PAGE}?name=r").text
    [link] = re.findall(r'href="[^"]*(\?name=r&amp;unlisted=1)">Show all 40<', text)
    with django_assert_max_num_queries(20):
        answer = member.get(f"{PAGE}{unescape(link)}")
    assert "40 followed repositories that the connection does not list." in answer.text
    assert '<input type="hidden" name="unlisted" value="1">' in answer.text
    assert [name for page in (1, 2) for name in shown(member, f"?unlisted=1&page={page}")] == names
    assert "Follow all" not in client_of(integration.team).get(f"{PAGE}?unlisted=1").text


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


@pytest.mark.parametrize("was_listed", [True, False])
def test_a_team_that_was_disconnected_here_is_told_so(integration, member, monkeypatch, was_listed):
    sent = mute(monkeypatch, tasks.list_repositories)
    IntegrationCredential.objects.update(status="disconnected", access_token="")
    if was_listed:
        type(integration).objects.update(repositories_listed_at=datetime.now(UTC))
    text = member.get(PAGE).text
    assert "The team was disconnected from GitHub here" in text
    assert "An admin of the team can connect it again." in text
    assert "no longer takes" not in text
    assert "Nothing is listed" in text
    assert "appear here by themselves" not in text
    admin = client_of(integration.team)
    text = admin.get(PAGE).text
    assert '<a href="/a/core/integrations/github/">Connect GitHub again</a> to go on' in text
    assert "Ask GitHub for the list again" not in text
    text = admin.post(f"{PAGE}refresh/", follow=True).text
    assert "GitHub was not asked: the team has no token that works." in text
    assert sent == []


def test_github_can_be_asked_only_with_a_token_that_works(integration):
    admin = client_of(integration.team)
    assert "Ask GitHub for the list again" in admin.get(PAGE).text
    IntegrationCredential.objects.update(status="revoked")
    assert "Ask GitHub for the list again" not in admin.get(PAGE).text


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

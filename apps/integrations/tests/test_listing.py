from dataclasses import replace

import pytest

from apps.integrations import tasks
from apps.integrations.factories import (
    GitHubIntegrationFactory,
    IntegrationCredentialFactory,
    TrackedRepositoryFactory,
)
from apps.integrations.models import AvailableRepository, GitHubIntegration, IntegrationCredential
from apps.integrations.services.github_client import client_for
from apps.integrations.services.repositories.listing import refresh_available
from ingest.github import client as client_module
from ingest.github.errors import CredentialRevoked, Unavailable
from ingest.standin import World, running

from .conftest import NOW

pytestmark = pytest.mark.django_db

ME = "amara-osei"


def world(owner, name, **options):
    return World.generate(owner=owner, repository=name, pulls=1, now=NOW, **options)


@pytest.fixture
def github(settings):
    worlds = [
        world("acme", "rocket"),
        world("acme", "secret", private=True),
        world(ME, "notes", private=True),
    ]
    with running(*worlds) as standin:
        settings.GITHUB_API_URL = standin.url
        yield standin


@pytest.fixture
def integration():
    return GitHubIntegrationFactory(organization_slug="acme", organization_id=None)


def refresh(integration):
    with client_for(integration.credential, sleep=lambda seconds: None) as client:
        return refresh_available(integration, client)


def names(integration):
    rows = AvailableRepository.objects.filter(integration=integration).order_by("full_name")
    return list(rows.values_list("full_name", flat=True))


def test_all_of_an_organization_page_by_page(github, integration, monkeypatch):
    monkeypatch.setattr(client_module, "PER_PAGE", 1)
    assert refresh(integration) == 2
    assert names(integration) == ["acme/rocket", "acme/secret"]
    assert github.requests.count("org_repos") == 2
    assert integration.repositories_listed_at is not None
    row = AvailableRepository.objects.get(full_name="acme/secret")
    assert (row.team, row.is_private, row.is_archived, row.can_admin) == (integration.team, True, False, True)
    assert (row.language, row.pushed_at) == ("Python", NOW)


def test_what_changed_and_what_vanished(github, integration):
    refresh(integration)
    rocket, secret = github.worlds[:2]
    tracked = TrackedRepositoryFactory(integration=integration, github_repo_id=secret.repository.id)
    rocket.repository = replace(
        rocket.repository, name="booster", archived=True, can_admin=False, language=None, description=None
    )
    github.worlds.remove(secret)
    refresh(integration)
    assert names(integration) == ["acme/booster"]
    row = AvailableRepository.objects.get()
    assert (row.is_archived, row.can_admin, row.language, row.description) == (True, False, "", "")
    tracked.refresh_from_db()
    assert tracked.is_active


def test_whose_list_is_asked_for(github, integration):
    def listed(slug, is_personal, login=""):
        integration.organization_slug, integration.is_personal = slug, is_personal
        integration.credential.github_login = login
        refresh(integration)
        return names(integration)

    assert listed("", False) == ["acme/rocket", "acme/secret", "amara-osei/notes"]
    assert listed(ME, True, login=ME) == ["amara-osei/notes"]
    # Of somebody else's account the public ones.
    assert listed(ME, True, login="chiara-v") == []


def test_an_organization_that_was_renamed(github, integration):
    integration.organization_slug = "acme-before"
    integration.organization_id = github.world.people.organization.id
    refresh(integration)
    assert names(integration) == ["acme/rocket", "acme/secret"]


def test_nothing_goes_before_the_last_page_was_read(github, integration, monkeypatch):
    refresh(integration)
    before = integration.repositories_listed_at
    monkeypatch.setattr(client_module, "PER_PAGE", 1)
    del github.worlds[0]
    github.worlds.append(world("acme", "third"))
    github.behaviour.error_every, github.turn = 2, 0
    monkeypatch.setattr(client_module, "ATTEMPTS", 1)
    with pytest.raises(Unavailable):
        refresh(integration)
    assert names(integration) == ["acme/rocket", "acme/secret"]
    integration.refresh_from_db()
    assert "try again later" in integration.repositories_problem
    assert integration.repositories_listed_at == before
    github.behaviour.error_every = 0
    refresh(integration)
    integration.refresh_from_db()
    assert (names(integration), integration.repositories_problem) == (["acme/secret", "acme/third"], "")


def test_two_connections_have_their_own_lists(github, integration):
    other = GitHubIntegrationFactory(organization_slug="acme")
    refresh(integration)
    assert names(other) == []
    refresh(other)
    del github.worlds[0]
    refresh(other)
    assert names(integration) == ["acme/rocket", "acme/secret"]


def test_the_task_marks_a_refused_token(github, integration):
    github.behaviour.tokens = {"another"}
    tasks.list_repositories(integration.pk)
    credential = IntegrationCredential.objects.get()
    assert credential.status == IntegrationCredential.Status.REVOKED
    assert "connect again" in GitHubIntegration.objects.get().repositories_problem
    with pytest.raises(CredentialRevoked):
        refresh(integration)
    tasks.list_repositories(0)


def test_beat_asks_for_old_lists(github, integration, monkeypatch, settings):
    sent = []
    monkeypatch.setattr(tasks.list_repositories, "delay", sent.append)
    tasks.list_old_repositories()
    refresh(integration)
    tasks.list_old_repositories()
    assert sent == [integration.pk]
    GitHubIntegration.objects.update(repositories_listed_at=NOW)
    tasks.list_old_repositories()
    assert sent == [integration.pk] * 2
    IntegrationCredential.objects.update(status="disconnected")
    tasks.list_old_repositories()
    assert len(sent) == 2
    assert tasks.list_old_repositories.name in [e["task"] for e in settings.CELERY_BEAT_SCHEDULE.values()]


def test_a_credential_of_the_server_lists_what_it_sees(github, settings):
    settings.GITHUB_TOKEN = "ghp_of_the_server"
    credential = IntegrationCredentialFactory(source="environment")
    integration = GitHubIntegrationFactory(credential=credential, organization_slug="")
    assert refresh(integration) == 3

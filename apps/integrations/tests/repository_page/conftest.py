"""A repository that a team's connection lists, and an admin in front of its page."""

import pytest

from apps.integrations import tasks
from apps.integrations.factories import GitHubIntegrationFactory
from apps.integrations.models import AvailableRepository
from apps.integrations.tests import pages
from apps.integrations.tests.pages import client_of, mute


@pytest.fixture
def listed(standin, world, settings):
    settings.SITE_URL = "http://127.0.0.1:9"
    integration = GitHubIntegrationFactory(team__slug="core", organization_slug="acme")
    return AvailableRepository.objects.create(
        team=integration.team,
        integration=integration,
        github_repo_id=world.repository.id,
        full_name="acme/rocket",
    )


@pytest.fixture
def admin(listed):
    return client_of(listed.team)


@pytest.fixture
def sent(monkeypatch):
    return mute(monkeypatch, tasks.settle_webhook, tasks.continue_backfill)


@pytest.fixture
def at_once(settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    tasks.settle_webhook.app.conf.task_always_eager = True
    yield
    tasks.settle_webhook.app.conf.task_always_eager = False


def page(listed, rest=""):
    return f"/a/core/integrations/github/repos/{listed.github_repo_id}/{rest}"


def badges(client, listed):
    return pages.badges(client, page(listed))

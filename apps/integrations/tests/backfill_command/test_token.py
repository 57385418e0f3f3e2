"""Whose token it takes, and a token that GitHub refuses."""

import pytest

from apps.integrations.factories import IntegrationCredentialFactory, TrackedRepositoryFactory
from apps.integrations.models import GitHubIntegration, IntegrationCredential, TrackedRepository

from .command import core

pytestmark = pytest.mark.django_db


def test_no_token(standin, settings):
    settings.GITHUB_TOKEN = ""
    ran = core()
    assert (ran.status, ran.error) == (
        1,
        "There is no GitHub token: set GITHUB_TOKEN, or connect team 'core' to GitHub.",
    )


def test_the_team_s_own_token(standin, settings):
    settings.GITHUB_TOKEN = ""
    standin.behaviour.tokens = {"gho_example"}
    credential = IntegrationCredentialFactory(team__slug="core")
    assert core().status == 0
    assert TrackedRepository.objects.get().integration.credential == credential

    standin.behaviour.revoked.add("gho_example")
    ran = core()
    assert ran.status == 1
    credential.refresh_from_db()
    assert credential.status == IntegrationCredential.Status.REVOKED
    assert "There is no GitHub token" in core().error


def test_a_repository_stays_with_the_connection_that_it_has(standin, world):
    tracked = TrackedRepositoryFactory(
        team__slug="core", github_repo_id=world.repository.id, full_name="acme/old-name", is_active=False
    )
    assert core().status == 0
    again = TrackedRepository.objects.get()
    assert again.integration == tracked.integration
    assert (again.full_name, again.is_active) == ("acme/rocket", True)


def test_a_token_revoked_in_the_middle(standin):
    standin.behaviour.revoke_after = 10
    ran = core("--format=json", "--api=rest")
    assert ran.status == 1
    assert "refuses the token" in ran.error
    assert ran.json["state"] == "failed"
    assert ran.json["error"] == "CredentialRevoked"
    assert IntegrationCredential.objects.get().status == IntegrationCredential.Status.REVOKED
    assert GitHubIntegration.objects.get().sync_status == GitHubIntegration.SyncStatus.ERROR
    assert TrackedRepository.objects.get().last_sync_at is None

    standin.behaviour.revoke_after = 0
    standin.behaviour.revoked.clear()
    assert core().status == 0
    assert GitHubIntegration.objects.get().sync_status == GitHubIntegration.SyncStatus.COMPLETE

"""Connections and repositories for tests; the parts of one belong to one team.

Give a team, or an integration whose team it is: `TrackedRepositoryFactory(team=team)`,
`TrackedRepositoryFactory(integration=integration)`. A team gets one credential of a source and one
integration of a credential, however often it is asked for. Tokens are real ciphertext.
"""

from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from apps.integrations.models import GitHubIntegration, IntegrationCredential, TrackedRepository
from apps.integrations.services.encryption import encrypt
from apps.teams.factories import TeamFactory
from apps.users.factories import UserFactory


class IntegrationCredentialFactory(DjangoModelFactory[IntegrationCredential]):
    class Meta:
        model = IntegrationCredential
        django_get_or_create = ("team", "provider", "source")

    team = factory.SubFactory(TeamFactory)
    provider = IntegrationCredential.Provider.GITHUB
    source = IntegrationCredential.Source.OAUTH
    access_token = factory.LazyAttribute(
        lambda credential: "" if credential.source == "environment" else encrypt("gho_example")
    )
    refresh_token = ""
    scopes = factory.LazyFunction(lambda: ["repo", "read:org"])
    connected_by = factory.SubFactory(UserFactory)


class GitHubIntegrationFactory(DjangoModelFactory[GitHubIntegration]):
    class Meta:
        model = GitHubIntegration
        django_get_or_create = ("credential",)

    team = factory.SubFactory(TeamFactory)
    credential = factory.SubFactory(IntegrationCredentialFactory, team=factory.SelfAttribute("..team"))
    organization_slug = factory.Sequence(lambda n: f"org-{n}")
    # GitHub's ids are beyond 32 bits.
    organization_id = factory.Sequence(lambda n: 5_000_000_000 + n)
    webhook_secret = factory.Sequence(lambda n: f"webhook-secret-{n}")

    @classmethod
    def _generate(cls, strategy: Any, params: dict[str, Any]) -> Any:
        if "credential" in params:
            params.setdefault("team", params["credential"].team)
        return super()._generate(strategy, params)


class TrackedRepositoryFactory(DjangoModelFactory[TrackedRepository]):
    class Meta:
        model = TrackedRepository

    team = factory.SubFactory(TeamFactory)
    integration = factory.SubFactory(GitHubIntegrationFactory, team=factory.SelfAttribute("..team"))
    github_repo_id = factory.Sequence(lambda n: 6_000_000_000 + n)
    full_name = factory.LazyAttributeSequence(
        lambda repo, n: f"{repo.integration.organization_slug}/repo-{n}"
    )
    is_active = True
    # Before whatever a test tells of it.
    followed_at = datetime(2000, 1, 1, tzinfo=UTC)

    @classmethod
    def _generate(cls, strategy: Any, params: dict[str, Any]) -> Any:
        if "integration" in params:
            params.setdefault("team", params["integration"].team)
        return super()._generate(strategy, params)

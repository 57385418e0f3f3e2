"""How a team is connected, and with which token a command works for it: GITHUB_TOKEN where it is set, else
the team's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from apps.integrations.models import GitHubIntegration, IntegrationCredential
from apps.integrations.services.credentials import credential_from_environment, mark_revoked, token_source
from apps.teams.models import Team
from ingest.github.errors import CredentialRevoked


@dataclass
class Connection:
    """`team` and `credential` are None while there is no row of them; `make` makes both."""

    slug: str
    token: Callable[[], str]
    team: Team | None
    credential: IntegrationCredential | None

    def make(self) -> tuple[Team, IntegrationCredential]:
        self.team, _ = Team.objects.get_or_create(slug=self.slug, defaults={"name": self.slug})
        self.credential = self.credential or credential_from_environment(self.team)
        return self.team, self.credential

    def mark_revoked(self, reason: str) -> None:
        if self.credential is not None:
            mark_revoked(self.credential, reason)


def connection_for(slug: str) -> Connection:
    """Raises CredentialRevoked where there is no token."""
    team = Team.objects.filter(slug=slug).first()
    if settings.GITHUB_TOKEN:
        return Connection(slug, lambda: str(settings.GITHUB_TOKEN), team, None)
    credential = own_credential(team) if team else None
    if credential is not None and credential.status != IntegrationCredential.Status.ACTIVE:
        credential = None
    if credential is None:
        raise CredentialRevoked(
            f"There is no GitHub token: set GITHUB_TOKEN, or connect team {slug!r} to GitHub."
        )
    return Connection(slug, token_source(credential), team, credential)


def own_credential(team: Team) -> IntegrationCredential | None:
    """What the team connected itself with, in whatever state: the one that works, else the newest."""
    rows = (
        IntegrationCredential.for_team(team)
        .filter(provider=IntegrationCredential.Provider.GITHUB)
        .exclude(source=IntegrationCredential.Source.ENVIRONMENT)
        .order_by("-updated_at")
    )
    return min(rows, key=lambda row: row.status != IntegrationCredential.Status.ACTIVE, default=None)


def own_integration(team: Team) -> GitHubIntegration | None:
    """The team's own connection, with its credential."""
    credential = own_credential(team)
    if credential is None:
        return None
    return GitHubIntegration.objects.select_related("credential").filter(credential=credential).first()

"""Which token a team's requests carry, and what happens when GitHub no longer takes it."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from apps.integrations.models import IntegrationCredential
from apps.integrations.services.encryption import decrypt
from apps.teams.models import Team
from ingest.github.errors import CredentialRevoked

Provider = IntegrationCredential.Provider
Source = IntegrationCredential.Source
Status = IntegrationCredential.Status

NOTED_FOR = timedelta(minutes=1)


def credential_from_environment(team: Team) -> IntegrationCredential:
    """The team's credential of source `environment`, made where absent. It stores no token.

    Raises CredentialRevoked where GITHUB_TOKEN is not set.
    """
    _environment_token()
    credential, _ = IntegrationCredential.objects.get_or_create(
        team=team, provider=Provider.GITHUB, source=Source.ENVIRONMENT
    )
    if credential.status != Status.ACTIVE:
        # An earlier value of GITHUB_TOKEN was revoked, which says nothing of today's.
        credential.status = Status.ACTIVE
        credential.status_reason = ""
        credential.save(update_fields=["status", "status_reason", "updated_at"])
    return credential


def token_for(credential: IntegrationCredential) -> str:
    """The token to send. Raises CredentialRevoked where there is none, Undecryptable without its key."""
    if credential.status != Status.ACTIVE:
        raise CredentialRevoked(
            f"The GitHub credential of team {credential.team} is {credential.status}: connect it again."
        )
    if credential.source == Source.ENVIRONMENT:
        return _environment_token()
    if not credential.access_token:
        raise CredentialRevoked(f"Team {credential.team} has no GitHub token stored: connect it again.")
    return decrypt(credential.access_token)


def has_token(credential: IntegrationCredential) -> bool:
    """Whether this process can send one: a terminal may have GITHUB_TOKEN, and workers none."""
    return credential.source != Source.ENVIRONMENT or bool(settings.GITHUB_TOKEN)


def usable(credential: str) -> Q:
    """Of rows, by the path to their credential: GitHub takes it, and this process has its token."""
    found = Q(**{f"{credential}__status": Status.ACTIVE})
    if not settings.GITHUB_TOKEN:
        found &= ~Q(**{f"{credential}__source": Source.ENVIRONMENT})
    return found


def token_source(credential: IntegrationCredential) -> Callable[[], str]:
    """`token_for` the row as it is at each call: what is disconnected during a run is not used any more."""
    pk = credential.pk

    def token() -> str:
        current = IntegrationCredential.objects.select_related("team").filter(pk=pk).first()
        if current is None:
            raise CredentialRevoked("The GitHub credential was deleted: connect GitHub again.")
        return token_for(current)

    return token


def note_use(credential: IntegrationCredential) -> None:
    """Note that a client was opened, at most once a minute: a task a second must not be a write a second."""
    now = timezone.now()
    long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_FOR)
    IntegrationCredential.objects.filter(long_ago, pk=credential.pk).update(last_used_at=now)


def mark_revoked(credential: IntegrationCredential, reason: str) -> bool:
    """Note that GitHub refused the token; False where it was replaced or disconnected meanwhile."""
    if not has_token(credential):
        # Nobody refused anything. A command at a terminal, which has the token, asks the same row.
        return False
    changed = IntegrationCredential.objects.filter(
        pk=credential.pk, status=Status.ACTIVE, access_token=credential.access_token
    ).update(status=Status.REVOKED, status_reason=reason)
    if changed:
        credential.status, credential.status_reason = Status.REVOKED, reason
    return bool(changed)


def _environment_token() -> str:
    if not settings.GITHUB_TOKEN:
        raise CredentialRevoked("GITHUB_TOKEN is not set: set it in the environment or in .env.")
    return str(settings.GITHUB_TOKEN)

"""Connecting a team to GitHub, connecting it again, testing and disconnecting it.

Everything hangs on the row of the credential: connecting again changes it and leaves what hangs on it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from apps.integrations.models import GitHubIntegration, IntegrationCredential
from apps.integrations.services.connecting import accounts
from apps.integrations.services.connecting.accounts import Account, Organization
from apps.integrations.services.connecting.connections import own_credential
from apps.integrations.services.credentials import mark_revoked, note_use, token_source
from apps.integrations.services.encryption import Undecryptable, decrypt, encrypt
from apps.integrations.services.github_client import client_for_page
from apps.integrations.services.github_oauth import Granted, is_configured, revoke_token
from apps.integrations.services.permissions import granted_by, probe
from apps.integrations.services.sending import send_after_commit
from apps.integrations.services.unprinted import Unprinted
from apps.integrations.tasks import import_members, list_repositories
from apps.teams.holding import hold
from apps.teams.models import Team
from apps.users.models import User
from ingest.github.client import GitHubClient
from ingest.github.errors import CredentialRevoked, GitHubError
from ingest.github.limits import Rate
from ingest.models import AuditLine

Source = IntegrationCredential.Source
Status = IntegrationCredential.Status

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """What a token was seen to be and to open."""

    account: Account
    scopes: list[str]
    permissions: dict[str, bool]
    organizations: list[Organization]
    rate: Rate | None


@dataclass(frozen=True)
class Connected:
    """`former_login`: of another account than now, else empty. `lost`: the organisation that the team was
    connected to and that this account does not open, else empty.
    """

    integration: GitHubIntegration
    again: bool
    former_login: str
    lost: str


@sensitive_variables("granted")
def connect(team: Team, user: User, source: str, granted: Granted) -> Connected:
    """Look whose token it is and keep it, encrypted, in the team's row.

    Raises a GitHubError; nothing was changed then.
    """
    organization = _organization_of(own_credential(team))
    with client_for_page(lambda: granted.token) as client:
        seen = _look(client, organization, granted.scopes)
    with transaction.atomic():
        hold(team.pk)
        credential, former_token, again = _keep(team, user, source, granted.token, seen)
        former_login = _former_login(credential, seen.account)
        _note(credential, seen)
        credential.save()
        integration, _ = GitHubIntegration.objects.get_or_create(
            credential=credential, defaults={"team": team}
        )
        lost = _settle_organization(integration, seen, user)
        AuditLine.objects.create(
            team=team,
            who=user.email,
            action="reconnected" if again else "connected",
            detail={"way": source, "account": seen.account.login, "former_account": former_login},
        )
        _send(integration)
    if former_token and former_token != granted.token:
        _revoke(former_token)
    return Connected(integration, again, former_login, lost)


def choose(integration: GitHubIntegration, organization: Organization, user: User) -> None:
    """Connect to another organisation of the same token. What was collected stays, and so do followed
    repositories.
    """
    with transaction.atomic():
        _choose(integration, organization, user)
        _send(integration)


def test(integration: GitHubIntegration) -> Seen:
    """Ask GitHub now, and note what it says. Raises a GitHubError or Undecryptable.

    A token that GitHub no longer takes is marked as such.
    """
    credential = integration.credential
    note_use(credential)
    try:
        with client_for_page(token_source(credential), credential) as client:
            seen = _look(client, _organization_of(credential), credential.scopes)
    except CredentialRevoked as error:
        mark_revoked(credential, str(error))
        raise
    _note(credential, seen)
    fields = ["scopes", "permissions", "organizations", "github_login", "github_user_id"]
    IntegrationCredential.objects.filter(pk=credential.pk, access_token=credential.access_token).update(
        **{name: getattr(credential, name) for name in fields}
    )
    return seen


def disconnect(credential: IntegrationCredential, user: User) -> bool | None:
    """Erase the tokens and keep all rows. Returns whether GitHub has taken the token back; None where only
    its owner can do that, as with one entered by hand.

    Webhooks stay: what they deliver is stored, so that nothing is missing after connecting again.
    """
    source = credential.source
    with transaction.atomic():
        credential = IntegrationCredential.objects.select_for_update().get(pk=credential.pk)
        token = _readable(credential)
        credential.access_token = credential.refresh_token = ""
        credential.status, credential.status_reason = Status.DISCONNECTED, ""
        credential.scopes, credential.permissions, credential.organizations = [], {}, []
        credential.save()
        AuditLine.objects.create(
            team=credential.team,
            who=user.email,
            action="disconnected",
            detail={"way": source, "account": credential.github_login},
        )
    return _revoke(token) if source == Source.OAUTH and token else None


@sensitive_variables("token")
def _keep(
    team: Team, user: User, source: str, token: Unprinted, seen: Seen
) -> tuple[IntegrationCredential, Unprinted | None, bool]:
    """The team's row with the token, not saved yet; the OAuth token that was in it; whether it was there."""
    own = IntegrationCredential.for_team(team).filter(provider=IntegrationCredential.Provider.GITHUB)
    credential = own.filter(source=source).first() or own_credential(team)
    again = credential is not None
    credential = credential or IntegrationCredential(team=team)
    former = _readable(credential) if credential.source == Source.OAUTH else None
    credential.source = source
    credential.access_token, credential.refresh_token = encrypt(token), ""
    credential.status, credential.status_reason = Status.ACTIVE, ""
    credential.connected_by = user
    return credential, former, again


def _look(client: GitHubClient, organization: str, told: list[str]) -> Seen:
    """`told`: the scopes as the exchange told them; what `/user` says of them counts more."""
    account = accounts.owner(client)
    found, rate = accounts.organizations(client, account)
    if account.scopes is None and not told:
        return Seen(account, [], probe(client, organization or _only(found)), found, rate)
    scopes = told if account.scopes is None else account.scopes
    return Seen(account, scopes, granted_by(scopes), found, rate)


def _note(credential: IntegrationCredential, seen: Seen) -> None:
    credential.scopes, credential.permissions = seen.scopes, seen.permissions
    credential.organizations = [organization.to_json() for organization in seen.organizations]
    credential.github_login, credential.github_user_id = seen.account.login, seen.account.id


def _settle_organization(integration: GitHubIntegration, seen: Seen, user: User) -> str:
    """Keep the organisation, under its present name; take the only one where there is none yet.

    Returns the name of one that the token does not open; it is kept all the same, until someone chooses.
    """
    if integration.organization_id is not None:
        for organization in seen.organizations:
            if organization.id == integration.organization_id:
                if organization.login != integration.organization_slug:
                    _point(integration, organization)
                return ""
        # A fine-grained token lists none, whatever it opens.
        told = bool(seen.scopes) and seen.permissions.get("read:org") is True
        return integration.organization_slug if told or integration.is_personal else ""
    only = [organization for organization in seen.organizations if not organization.is_personal]
    if len(only) == 1:
        _choose(integration, only[0], user)
    return ""


def _choose(integration: GitHubIntegration, organization: Organization, user: User) -> None:
    AuditLine.objects.create(
        team=integration.team,
        who=user.email,
        action="organization chosen",
        detail={"organization": organization.login, "before": integration.organization_slug},
    )
    _point(integration, organization)


def _send(integration: GitHubIntegration) -> None:
    send_after_commit(list_repositories, integration.pk)
    send_after_commit(import_members, integration.pk)


def _point(integration: GitHubIntegration, organization: Organization) -> None:
    other = integration.organization_id != organization.id
    integration.organization_slug, integration.organization_id = organization.login, organization.id
    integration.is_personal = organization.is_personal
    if other:
        # What was said of the former one.
        integration.members_imported_at = integration.repositories_listed_at = None
        integration.members_problem = integration.repositories_problem = ""
    integration.save()


def _former_login(credential: IntegrationCredential, account: Account) -> str:
    same = credential.github_user_id in (None, account.id)
    return "" if same else credential.github_login


def _organization_of(credential: IntegrationCredential | None) -> str:
    integration = GitHubIntegration.objects.filter(credential=credential).first() if credential else None
    return integration.organization_slug if integration and not integration.is_personal else ""


def _only(found: list[Organization]) -> str:
    names = [organization.login for organization in found if not organization.is_personal]
    return names[0] if len(names) == 1 else ""


def _readable(credential: IntegrationCredential) -> Unprinted | None:
    try:
        return Unprinted(decrypt(credential.access_token)) or None
    except Undecryptable:
        return None


@sensitive_variables("token")
def _revoke(token: Unprinted) -> bool:
    """Whether GitHub has taken the token back; where not, its owner can do it there."""
    if not is_configured():
        return False
    try:
        return revoke_token(token)
    except GitHubError as error:
        logger.warning("a former token was not revoked at GitHub: %s", error)
        return False

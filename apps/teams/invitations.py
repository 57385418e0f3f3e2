"""Inviting by a link, for which no mail server is needed.

The link holds a random token that is signed; the table holds its digest. It is good for one acceptance, for
seven days, and for the invited address only. A new link makes the old one void.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from apps.teams.holding import hold
from apps.teams.listeners import tell
from apps.teams.models import Invitation, Membership, Team
from apps.users.models import User

LIFETIME = timedelta(days=7)


class AlreadyMember(Exception):
    """The address belongs to a member of the team."""


class AlreadyInvited(Exception):
    """The address has an open invitation to the team."""


class OtherAddress(Exception):
    """Who is signed in is not who was invited."""


class Void(Exception):
    """Used, revoked or expired, perhaps a moment ago."""


def invite(team: Team, email: str, role: str, by: User | str, now: datetime) -> tuple[Invitation, str]:
    """The invitation and its token. `by` may be a command. Raises AlreadyMember, AlreadyInvited."""
    email, token = email.lower(), new_token()
    with transaction.atomic():
        hold(team.pk)
        if team.memberships.filter(user__email__iexact=email).exists():
            raise AlreadyMember(email)
        team.invitations.filter(email=email, expires_at__lte=now).delete()
        if team.invitations.filter(email=email).exists():
            raise AlreadyInvited(email)
        invitation = Invitation.objects.create(
            team=team,
            email=email,
            role=role,
            invited_by=by if isinstance(by, User) else None,
            token_digest=digest(token),
            expires_at=now + LIFETIME,
        )
        tell(team, by, "invited", email=email, role=role)
    return invitation, token


def renew(invitation: Invitation, by: User | str, now: datetime) -> str:
    """A new token; the one before opens nothing any more."""
    token = new_token()
    with transaction.atomic():
        invitation.token_digest, invitation.expires_at = digest(token), now + LIFETIME
        invitation.save(update_fields=["token_digest", "expires_at"])
        tell(invitation.team, by, "renewed invitation", email=invitation.email)
    return token


def revoke(invitation: Invitation, by: User) -> None:
    with transaction.atomic():
        tell(invitation.team, by, "revoked invitation", email=invitation.email)
        invitation.delete()


def accept(invitation: Invitation, user: User, now: datetime) -> Membership:
    """Raises OtherAddress, Void."""
    if user.email.lower() != invitation.email:
        raise OtherAddress(invitation.email)
    with transaction.atomic():
        hold(invitation.team_id)
        current = still_open(invitation.token_digest, now)
        if current is None:
            raise Void(invitation.email)
        membership, _ = Membership.objects.get_or_create(
            team=current.team, user=user, defaults={"role": current.role}
        )
        tell(current.team, user, "joined team", role=membership.role)
        current.delete()
    return membership


def still_open(token_digest: str, now: datetime) -> Invitation | None:
    found = Invitation.objects.select_related("team", "invited_by")
    return found.filter(token_digest=token_digest, expires_at__gt=now).first()


def link_to(token: str) -> str:
    return str(settings.SITE_URL) + reverse("teams:open_invitation", args=[token])


def new_token() -> str:
    token: str = signer().sign(token_urlsafe(32))
    return token


def signer() -> Signer:
    """Made when it is used: without SECRET_KEY the modules still load, and the check says what is missing."""
    return Signer(salt="apps.teams.invitations")


def digest(token: str) -> str:
    """Of a token that was signed here; empty, which no invitation has, of any other text."""
    try:
        return sha256(signer().unsign(token).encode()).hexdigest()
    except BadSignature:
        return ""

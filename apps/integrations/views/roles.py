from django.http import HttpRequest

from apps.teams.models import Membership


def is_admin(request: HttpRequest) -> bool:
    """Of the team whose door (`apps.teams.access`) the request came through."""
    membership: Membership = request.membership  # type: ignore[attr-defined]
    return membership.role == Membership.Role.ADMIN


def email_of(request: HttpRequest) -> str:
    """Who did it, for the audit."""
    return str(request.user.email)  # type: ignore[union-attr]

"""Who belongs to a team, and as what. A team always keeps an admin."""

from django.db import transaction

from apps.teams.holding import hold
from apps.teams.listeners import tell
from apps.teams.models import Membership, Team
from apps.users.models import User


class LastAdmin(Exception):
    """Without this admin nobody could manage the team."""


def make_team(creator: User, name: str, slug: str) -> Team:
    """Raises IntegrityError where the slug is taken: a team that is there already is never joined by that."""
    with transaction.atomic():
        team = Team.objects.create(name=name, slug=slug)
        Membership.objects.create(team=team, user=creator, role=Membership.Role.ADMIN, can_read_payloads=True)
        tell(team, creator, "created team", name=name, slug=slug)
    return team


def rename(team: Team, name: str, by: User) -> None:
    if name == team.name:
        return
    with transaction.atomic():
        tell(team, by, "renamed team", before=team.name, after=name)
        team.name = name
        team.save(update_fields=["name"])


def change(membership: Membership, role: str, can_read_payloads: bool, by: User) -> None:
    """Raises LastAdmin."""
    with transaction.atomic():
        current = _locked(membership)
        if current is None:
            return
        if role != Membership.Role.ADMIN:
            _keep_an_admin(current)
        if current.role != role:
            tell(current.team, by, "changed role", member=current.user.email, before=current.role, after=role)
        if current.can_read_payloads != can_read_payloads:
            tell(
                current.team,
                by,
                "changed access to payloads",
                member=current.user.email,
                allowed=can_read_payloads,
            )
        current.role, current.can_read_payloads = role, can_read_payloads
        current.save(update_fields=["role", "can_read_payloads"])


def remove(membership: Membership, by: User) -> None:
    """Also to leave: then `by` is the member. Raises LastAdmin."""
    with transaction.atomic():
        current = _locked(membership)
        if current is None:
            return
        _keep_an_admin(current)
        action = "left team" if current.user_id == by.pk else "removed member"
        tell(current.team, by, action, member=current.user.email)
        current.delete()


def _locked(membership: Membership) -> Membership | None:
    """As it is now: two admins who demote each other at once would both find another one. None: gone."""
    hold(membership.team_id)
    return Membership.objects.select_related("team", "user").filter(pk=membership.pk).first()


def _keep_an_admin(membership: Membership) -> None:
    if membership.role != Membership.Role.ADMIN:
        return
    others = Membership.objects.filter(team=membership.team, role=Membership.Role.ADMIN)
    if not others.exclude(pk=membership.pk).filter(user__is_active=True).exists():
        raise LastAdmin(membership.user.email)

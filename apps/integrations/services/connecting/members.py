"""The members of a team's organisation, as rows of `TeamMember`.

The list has ids and logins, a hundred a request. Names are in no list: each costs a request of its own, so
that they are asked only for people who have none yet, at most NAMES an import; the next import goes on.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.integrations.models import GitHubIntegration, IntegrationCredential
from apps.integrations.services.encryption import Undecryptable
from apps.integrations.services.permissions import standings
from apps.metrics.models import TeamMember
from apps.metrics.projection.bindings import bind_member
from apps.metrics.projection.text import storable
from apps.teams.models import Team
from ingest.github.client import GitHubClient
from ingest.github.errors import CredentialRevoked, GitHubError, NotFoundOrNoPermission, UnexpectedAnswer

NAMES = 50
# So long ago a chunk may have read the members and not written its rows yet: those are bound once more.
BEFORE = timedelta(minutes=10)
# How old a list may be before beat asks again.
FRESH = timedelta(hours=23)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listed:
    """`whole`: who is not among them has left. Else `problem` says why one can't know."""

    members: dict[int, str]
    problem: str = ""

    @property
    def whole(self) -> bool:
        return not self.problem


@dataclass(frozen=True)
class Imported:
    members: int
    new: int
    left: int


def import_members_of(integration: GitHubIntegration, client: GitHubClient) -> Imported:
    """Make the team's rows what GitHub lists now. Nobody is deleted; who left is not active any more.

    Raises a GitHubError or Undecryptable, which is noted as the integration's `members_problem`.
    """
    started = timezone.now()
    try:
        listed = _list(integration, client)
    except (GitHubError, Undecryptable) as error:
        _note(integration, members_problem=_sentence(error, integration))
        raise
    imported, changed = _store(integration, listed, started)
    for member in changed:
        bind_member(member)
    _note(integration, members_problem=listed.problem)
    if listed.whole:
        _note(integration, members_imported_at=started)
    _name(integration.team, listed, client)
    return imported


def _list(integration: GitHubIntegration, client: GitHubClient) -> Listed:
    credential = integration.credential
    if integration.is_personal:
        # It has no members; its owner is one all the same. Who else works there is not said.
        return Listed({integration.organization_id or 0: integration.organization_slug}, "")
    members: dict[int, str] = {}
    sent_away = False
    path = f"orgs/{integration.organization_slug}/members"
    for page in client.pages(path):
        sent_away |= "/public_members" in page.url
        members |= _accounts(page.json(), page.url)
    name = integration.organization_slug
    if not members:
        return Listed(
            members, f"GitHub lists no members of {name}. Test the connection to see what is missing."
        )
    if sent_away or (credential.github_user_id is not None and credential.github_user_id not in members):
        return Listed(
            members,
            f"{credential.github_login} is no member of {name}, so GitHub shows only the members who say so "
            "publicly. Connect again as somebody of the organisation.",
        )
    if any(row.permission.scope == "read:org" and row.granted is False for row in standings(credential)):
        return Listed(
            members,
            f"Without the permission read:org GitHub shows only those members of {name} who say so publicly. "
            "Connect again and grant it.",
        )
    return Listed(members)


def _accounts(value: Any, url: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for item in value if isinstance(value, list) else [None]:
        number, login = (item.get("id"), item.get("login")) if isinstance(item, dict) else (None, None)
        if type(number) is not int or not isinstance(login, str) or not login:
            raise UnexpectedAnswer(f"GitHub answered {url} with something other than members.", url=url)
        found[number] = storable(login)[:100]
    return found


def _store(
    integration: GitHubIntegration, listed: Listed, started: datetime
) -> tuple[Imported, list[TeamMember]]:
    """By id first, for all; then by login, for those whose id was not known. Returns whose rows to bind."""
    team = integration.team
    with transaction.atomic():
        # One import at a time: two would make the same person twice.
        GitHubIntegration.objects.select_for_update().get(pk=integration.pk)
        rows = list(TeamMember.for_team(team).order_by("pk"))
        by_id = {row.github_id: row for row in rows if row.github_id}
        by_login: dict[str, TeamMember] = {}
        for row in rows:
            if not row.github_id and row.github_username:
                by_login.setdefault(row.github_username.lower(), row)
        new, changed = [], []
        for number, login in listed.members.items():
            member = by_id.get(str(number)) or by_login.get(login.lower())
            if member is None:
                member = TeamMember(
                    team=team, github_id=str(number), github_username=login, display_name=login
                )
                new.append(member)
            elif _bring_up_to_date(member, number, login):
                changed.append(member)
        left = 0
        if listed.whole and not integration.is_personal:
            ids = {str(number) for number in listed.members}
            gone = [row for row in rows if row.is_active and row.github_id and row.github_id not in ids]
            left = (
                TeamMember.for_team(team)
                .filter(pk__in=[row.pk for row in gone])
                .update(is_active=False, updated_at=timezone.now())
            )
        TeamMember.objects.bulk_create(new, batch_size=500)
        TeamMember.objects.bulk_update(
            changed,
            ["github_id", "github_username", "display_name", "is_active", "updated_at"],
            batch_size=200,
        )
    recently = (integration.members_imported_at or started) - BEFORE
    to_bind = TeamMember.for_team(team).filter(updated_at__gte=recently)
    return Imported(len(listed.members), len(new), left), list(to_bind.order_by("pk"))


def _bring_up_to_date(member: TeamMember, number: int, login: str) -> bool:
    if (member.github_id, member.github_username, member.is_active) == (str(number), login, True):
        return False
    if member.display_name in ("", member.github_username):
        member.display_name = login
    member.github_id, member.github_username, member.is_active = str(number), login, True
    member.updated_at = timezone.now()
    return True


def _name(team: Team, listed: Listed, client: GitHubClient) -> None:
    """Ask for the names of people who are called by their login, whoever waited longest first."""
    ids = [str(number) for number in listed.members]
    nameless = TeamMember.for_team(team).filter(github_id__in=ids, display_name=F("github_username"))
    for member in nameless.order_by("updated_at", "pk")[:NAMES]:
        try:
            value = client.get(f"users/{member.github_username}").json()
        except NotFoundOrNoPermission:
            continue
        except CredentialRevoked:
            raise
        except GitHubError as error:
            # They are called by their logins until the next import.
            logger.info("not all names of members were asked for: %s", error)
            return
        # A login may have passed to somebody else since the list was read.
        same = isinstance(value, dict) and str(value.get("id")) == member.github_id
        name = value.get("name") if same else None
        if isinstance(name, str) and name.strip():
            member.display_name = storable(name.strip())[:255]
        member.save(update_fields=["display_name", "updated_at"])


def _note(integration: GitHubIntegration, **fields: Any) -> None:
    GitHubIntegration.objects.filter(pk=integration.pk).update(**fields)
    for name, value in fields.items():
        setattr(integration, name, value)


def _sentence(error: GitHubError | Undecryptable, integration: GitHubIntegration) -> str:
    if isinstance(error, CredentialRevoked):
        return "GitHub no longer takes the team's token. Connect again."
    if isinstance(error, NotFoundOrNoPermission):
        return (
            f"GitHub shows no organisation {integration.organization_slug!r} with this token. Connect "
            "again as "
            "somebody of the organisation, or choose another one."
        )
    return str(error)


def due(now: datetime) -> list[int]:
    """Connections whose members were not asked for today."""
    found = GitHubIntegration.objects.filter(
        Q(members_imported_at=None) | Q(members_imported_at__lt=now - FRESH),
        credential__status=IntegrationCredential.Status.ACTIVE,
        organization_id__isnull=False,
    )
    # With GITHUB_TOKEN beside the team's own connection each would declare the other's people gone.
    found = found.exclude(credential__source=IntegrationCredential.Source.ENVIRONMENT)
    return list(found.order_by("pk").values_list("pk", flat=True))

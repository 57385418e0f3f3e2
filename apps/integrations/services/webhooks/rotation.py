"""A new secret for a team's webhooks. The former one is taken as well until GitHub has the new one for every
hook, so that no delivery is refused meanwhile.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.integrations.models import GitHubIntegration, TrackedRepository
from apps.teams.models import Team
from ingest.models import AuditLine


class NoSecret(Exception):
    """The team has no webhook yet, so there is no secret to change."""

    def __init__(self) -> None:
        super().__init__(
            "The team has no webhook yet, and so no secret to change. It is made with the first one."
        )


@dataclass(frozen=True)
class Standing:
    """`old`: how many of the team's `hooks` have the former secret still."""

    hooks: int
    old: int


def new_secret() -> str:
    return secrets.token_hex(32)


def rotate(team: Team, who: str) -> Standing:
    """Make a new secret; while hooks have the former one, no third is made, and those are tried again.

    What `behind` finds is to be settled by the caller; beat sees to what is lost. Raises NoSecret, and
    Undecryptable where no key opens the former secret.
    """
    with transaction.atomic():
        integrations = _locked(team.pk)
        if not any(row.webhook_secret for row in integrations):
            raise NoSecret
        if not any(row.previous_webhook_secret for row in integrations):
            hooks = _replace(team, integrations)
            AuditLine.objects.create(
                team=team, who=who, action="webhook secret changed", detail={"webhooks": hooks}
            )
        now = timezone.now()
        # Where GitHub's limit is reached, nobody asks before it is over.
        free = Q(webhook_not_before=None) | Q(webhook_not_before__lte=now)
        behind(team).filter(free).update(webhook_problem="", webhook_not_before=None, updated_at=now)
    finish(team.pk)
    return standing(team)


def behind(team: Team) -> QuerySet[TrackedRepository]:
    """The repositories whose hooks have the former secret."""
    return _hooks(team.pk).filter(webhook_secret_old=True).order_by("full_name", "pk")


def standing(team: Team) -> Standing:
    return Standing(_hooks(team.pk).count(), behind(team).count())


def note_told(tracked: TrackedRepository, secret: str) -> None:
    """GitHub was given this secret for a repository's hook. Where another was made since, it is behind."""
    with transaction.atomic():
        current = GitHubIntegration.objects.select_for_update(no_key=True).get(pk=tracked.integration_id)
        old = bool(current.webhook_secret != secret)
        TrackedRepository.objects.filter(pk=tracked.pk).update(webhook_secret_old=old)


def finish(team_id: int) -> None:
    """Forget the former secret once no hook has it."""
    found = GitHubIntegration.objects.filter(team=team_id)
    if not any(found.values_list("previous_webhook_secret", flat=True)):
        return
    with transaction.atomic():
        _locked(team_id)
        if not _hooks(team_id).filter(webhook_secret_old=True).exists():
            found.update(previous_webhook_secret="", updated_at=timezone.now())


def _replace(team: Team, integrations: list[GitHubIntegration]) -> int:
    for row in integrations:
        if row.webhook_secret:
            row.previous_webhook_secret, row.webhook_secret = row.webhook_secret, new_secret()
            row.save(update_fields=["previous_webhook_secret", "webhook_secret", "updated_at"])
    return _hooks(team.pk).update(webhook_secret_old=True, webhook_wanted=True)


def _locked(team_id: int) -> list[GitHubIntegration]:
    rows = GitHubIntegration.objects.select_for_update(no_key=True).filter(team=team_id)
    return list(rows.order_by("pk"))


def _hooks(team_id: int) -> QuerySet[TrackedRepository]:
    return TrackedRepository.objects.filter(team=team_id, is_active=True, webhook_id__isnull=False)

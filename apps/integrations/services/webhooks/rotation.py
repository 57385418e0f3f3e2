"""The secret of a team's webhooks. While a new one replaces it the former is taken as well, until GitHub has
the new one for every hook, so that no delivery is refused meanwhile.

A secret that no key opens counts as none: GitHub shows none either, so that only a new one helps.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apps.integrations.models import GitHubIntegration, TrackedRepository
from apps.integrations.services.encryption import Undecryptable
from apps.teams.models import Team
from ingest.models import AuditLine

logger = logging.getLogger(__name__)


class NoSecret(Exception):
    """The team has no webhook yet, so there is no secret to change."""

    def __init__(self) -> None:
        super().__init__(
            "The team has no webhook yet, and so no secret to change. It is made with the first one."
        )


@dataclass(frozen=True)
class Standing:
    """`old`: how many of the team's `hooks` have the former secret still. `refused`: of how many the secret
    is not taken here, as no key opens it, so far as that is known."""

    hooks: int
    old: int
    refused: int

    @property
    def meanwhile(self) -> str:
        """What becomes of deliveries until GitHub has the new secret for all."""
        if not self.refused:
            return "The former secret is taken too until GitHub has the new one for all."
        which = "one webhook sends" if self.refused == 1 else f"{self.refused:,} webhooks send"
        return (
            f"No key of this server opens the former secret: what {which} is refused until GitHub has the"
            " new one, and then fetched from GitHub's list of deliveries."
        )


def new_secret() -> str:
    return secrets.token_hex(32)


@sensitive_variables("found")
def secret_of(integration: GitHubIntegration) -> str:
    """What GitHub signs deliveries with; made when it is first asked for. Where no key opens it a new one is
    made, and beat tells it to GitHub for all hooks of the team."""
    with transaction.atomic():
        row = next(one for one in _locked(integration.team_id) if one.pk == integration.pk)
        found = _read(row, "webhook_secret")
        if found is None:
            logger.warning("no key opens the webhook secret of team %d: a new one is made", row.team_id)
            _replace(row.team, [row])
            _try_again(row.team)
        elif not found:
            row.webhook_secret = new_secret()
            row.save(update_fields=["webhook_secret", "updated_at"])
        return str(row.webhook_secret)


def rotate(team: Team, who: str) -> Standing:
    """Make a new secret; while hooks have the former one, no third is made, and those are tried again.

    What `behind` finds is to be settled by the caller; beat sees to what is lost. Raises NoSecret.
    """
    with transaction.atomic():
        integrations = _locked(team.pk)
        stored = [row for row in integrations if _read(row, "webhook_secret") != ""]
        if not stored:
            raise NoSecret
        lost = [row for row in stored if _read(row, "webhook_secret") is None]
        changing = any(_read(row, "previous_webhook_secret") for row in integrations)
        due = lost if changing or behind(team).exists() else stored
        if due:
            hooks = _replace(team, due)
            AuditLine.objects.create(
                team=team, who=who, action="webhook secret changed", detail={"webhooks": hooks}
            )
        _try_again(team)
    finish(team.pk)
    return standing(team)


def behind(team: Team) -> QuerySet[TrackedRepository]:
    """The repositories whose hooks have the former secret."""
    return _hooks(team.pk).filter(webhook_secret_old=True).order_by("full_name", "pk")


def standing(team: Team) -> Standing:
    hooks, refused = _hooks(team.pk), 0
    for row in GitHubIntegration.objects.filter(team=team):
        of_it = hooks.filter(integration=row)
        if _read(row, "webhook_secret") is None:
            refused += of_it.filter(webhook_secret_old=False).count()
        # Where it was lost before it became the former one, none is kept.
        if not _read(row, "previous_webhook_secret"):
            refused += of_it.filter(webhook_secret_old=True).count()
    return Standing(hooks.count(), behind(team).count(), refused)


def note_told(tracked: TrackedRepository, secret: str) -> None:
    """GitHub was given this secret for a repository's hook. Where another was made since, it is behind."""
    with transaction.atomic():
        current = GitHubIntegration.objects.select_for_update(no_key=True).get(pk=tracked.integration_id)
        old = _read(current, "webhook_secret") != secret
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


def _replace(team: Team, integrations: Sequence[GitHubIntegration]) -> int:
    for row in integrations:
        # What some hooks have from a change that is not over is taken further where theirs can't be read.
        former = _read(row, "webhook_secret") or _read(row, "previous_webhook_secret") or ""
        row.previous_webhook_secret, row.webhook_secret = former, new_secret()
        row.save(update_fields=["previous_webhook_secret", "webhook_secret", "updated_at"])
    return _hooks(team.pk).update(webhook_secret_old=True, webhook_wanted=True)


def _try_again(team: Team) -> None:
    now = timezone.now()
    # Where GitHub's limit is reached, nobody asks before it is over.
    free = Q(webhook_not_before=None) | Q(webhook_not_before__lte=now)
    behind(team).filter(free).update(webhook_problem="", webhook_not_before=None, updated_at=now)


def _read(row: GitHubIntegration, name: str) -> str | None:
    """Empty where none is stored, None where no key opens it."""
    try:
        return str(getattr(row, name))
    except Undecryptable:
        return None


def _locked(team_id: int) -> list[GitHubIntegration]:
    rows = GitHubIntegration.objects.select_for_update(no_key=True).filter(team=team_id)
    return list(rows.order_by("pk"))


def _hooks(team_id: int) -> QuerySet[TrackedRepository]:
    return TrackedRepository.objects.filter(team=team_id, is_active=True, webhook_id__isnull=False)

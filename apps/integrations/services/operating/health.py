"""How a team's data stands: which hooks are silent, what waits, what is parked, what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count

from apps.integrations.models import Reconciliation, RefusedDelivery, TrackedRepository
from apps.integrations.services.webhooks.silence import Silence, silences
from apps.teams.models import Team
from ingest.live.backlog import Backlog, backlog
from ingest.models import ParkedEvent

REFUSED_DAYS = 7


@dataclass(frozen=True)
class RepositoryHealth:
    """`looked_at`: when its deliveries were last compared with GitHub's list; `problem`: what went wrong."""

    silence: Silence
    looked_at: datetime | None
    problem: str


@dataclass(frozen=True)
class Health:
    """`parked`: by error. `refused`: by day and reason; of all teams, as it belongs to none."""

    repositories: list[RepositoryHealth]
    backlog: Backlog
    parked: dict[str, int]
    refused: list[tuple[date, str, int]]

    @property
    def late(self) -> list[RepositoryHealth]:
        return [one for one in self.repositories if one.silence.late]

    @property
    def parked_events(self) -> int:
        return sum(self.parked.values())


def health(team: Team, now: datetime) -> Health:
    return Health(_repositories(team, now), backlog(team), _parked(team), refused(now))


def refused(now: datetime) -> list[tuple[date, str, int]]:
    """The last days', the newest first."""
    since = now.date() - timedelta(days=REFUSED_DAYS - 1)
    rows = RefusedDelivery.objects.filter(day__gte=since).order_by("-day", "reason")
    return list(rows.values_list("day", "reason", "count"))


def _repositories(team: Team, now: datetime) -> list[RepositoryHealth]:
    looks = {row.tracked_id: row for row in Reconciliation.for_team(team)}
    found = []
    for silence in silences(TrackedRepository.for_team(team), now):
        look = looks.get(silence.tracked.pk)
        of_this_hook = look is not None and look.hook_id == silence.tracked.webhook_id
        if look and of_this_hook:
            found.append(RepositoryHealth(silence, look.tried_at, look.problem))
        else:
            found.append(RepositoryHealth(silence, None, ""))
    return found


def _parked(team: Team) -> dict[str, int]:
    rows: Any = (
        ParkedEvent.for_team(team).values("error").annotate(count=Count("id")).order_by("-count", "error")
    )
    return {row["error"]: row["count"] for row in rows}

"""How the installation does for one team: the log's size and growth, versions, the quota at GitHub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count as CountOf
from django.db.models import Q, Sum

from apps.integrations.models import IntegrationCredential
from apps.integrations.services.credentials import token_source
from apps.integrations.services.encryption import Undecryptable
from apps.integrations.services.github_client import account_key
from apps.integrations.services.operating.health import Health, health
from apps.metrics.projection.version import VERSION
from apps.teams.models import Team
from ingest.github.errors import CredentialRevoked
from ingest.models import Budget, ParkedEvent, RawGitHubEvent, Stream
from ingest.replay.causes import Group, groups

# Of the events of a week so many are counted at most.
NEWEST = 10_000
GROWTH = timedelta(days=7)
NAMES = {"rest": "REST requests", "graphql": "GraphQL points"}


@dataclass(frozen=True)
class LogSize:
    """`bytes`: of packed bodies. `grown`: events stored in the last 7 days; `NEWEST` where that or more.
    `stale`: streams that an older version of the code processed.
    """

    events: int
    bytes: int
    streams: int
    stale: int
    grown: int

    @property
    def grown_at_least(self) -> bool:
        return self.grown >= NEWEST

    @property
    def grown_bytes(self) -> int:
        """By the mean of all, which is near enough for a disk."""
        return self.grown * self.bytes // self.events if self.events else 0


@dataclass(frozen=True)
class Quota:
    """As a recent answer of GitHub told it, to whoever asked in this name, other teams included."""

    api: str
    remaining: int
    limit: int
    reset: datetime | None
    told_at: datetime | None


@dataclass(frozen=True)
class Operation:
    health: Health
    log: LogSize
    groups: list[Group]
    quotas: list[Quota]
    credentials: list[IntegrationCredential]
    version: int = VERSION


def operation(team: Team, now: datetime) -> Operation:
    return Operation(
        health(team, now),
        log_size(team, now),
        groups(ParkedEvent.for_team(team)),
        quotas(team),
        list(IntegrationCredential.for_team(team).order_by("source")),
    )


def log_size(team: Team, now: datetime) -> LogSize:
    """From the sums that the streams keep: no event is counted but those of a week."""
    sums: dict[str, Any] = Stream.for_team(team).aggregate(
        all_events=Sum("events"),
        all_bytes=Sum("bytes"),
        streams=CountOf("pk", filter=Q(events__gt=0)),
        stale=CountOf("pk", filter=Q(version__lt=VERSION, events__gt=0)),
    )
    recent = RawGitHubEvent.for_team(team).filter(received_at__gte=now - GROWTH)
    grown = recent.order_by()[:NEWEST].count()
    return LogSize(sums["all_events"] or 0, sums["all_bytes"] or 0, sums["streams"], sums["stale"], grown)


def quotas(team: Team) -> list[Quota]:
    """Of what a team's credentials asked for; empty where GitHub was not asked, or sets no limit."""
    keys = {key for one in IntegrationCredential.for_team(team) if (key := _key(one))}
    told = Budget.objects.filter(key__in=keys, limit__isnull=False, told_at__isnull=False)
    return [
        Quota(NAMES[row.resource], row.remaining or 0, row.limit or 0, row.reset_at, row.told_at)
        for row in told.order_by("key", "-resource")
    ]


def _key(credential: IntegrationCredential) -> str | None:
    """None where its token can't be read, so that nothing can be asked either."""
    try:
        return account_key(credential, token_source(credential))()
    except (CredentialRevoked, Undecryptable):
        return None

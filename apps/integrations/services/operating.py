"""How the installation does for one team: the log's size and growth, versions, the quota at GitHub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count as CountOf
from django.db.models import Q, Sum

from apps.integrations.models import IntegrationCredential
from apps.integrations.services.health import Health, health
from apps.metrics.projection.version import VERSION
from apps.teams.models import Team
from ingest.models import Fetch, ParkedEvent, RawGitHubEvent, Run, Stream
from ingest.replay.causes import Group, groups

# Of the events of a week so many are counted at most.
NEWEST = 10_000
GROWTH = timedelta(days=7)
RUNS_LOOKED_AT = 20


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
    """As the last answer of GitHub to a backfill or reconcile told it."""

    remaining: int
    limit: int
    reset: datetime | None
    told_at: datetime | None


@dataclass(frozen=True)
class Operation:
    health: Health
    log: LogSize
    groups: list[Group]
    quota: Quota | None
    credentials: list[IntegrationCredential]
    version: int = VERSION


def operation(team: Team, now: datetime) -> Operation:
    return Operation(
        health(team, now),
        log_size(team, now),
        groups(ParkedEvent.for_team(team)),
        quota(team),
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


def quota(team: Team) -> Quota | None:
    """None where no run has asked GitHub, or it sets no limit."""
    runs = Run.for_team(team).filter(kind=Run.Kind.BACKFILL).order_by("-pk")[:RUNS_LOOKED_AT]
    for run in runs:
        fetch = Fetch.objects.filter(run=run.pk).order_by("-pk").only("details", "answered_at").first()
        rate = fetch.details.get("rate") if fetch else None
        if fetch and rate:
            reset = rate.get("reset")
            return Quota(
                rate["remaining"],
                rate["limit"],
                datetime.fromisoformat(reset) if reset else None,
                fetch.answered_at,
            )
    return None

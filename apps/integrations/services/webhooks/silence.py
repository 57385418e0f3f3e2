"""Which repositories have had no delivery for longer than is usual for them.

A hook that was deleted, switched off by GitHub or misdirected says nothing: its silence is all one sees.
Everything here is computed from the log when asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Max, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import Lag

from apps.integrations.models import TrackedRepository
from apps.metrics.models import PRReview, PullRequest
from ingest.log import instants
from ingest.models import RawGitHubEvent

# How far back the habit is looked at, and how many deliveries make one.
HABIT = timedelta(days=30)
HABITUAL = 10
# Late is who is silent for longer than twice the longest pause of the habit, and at least so long.
PAUSES = 2
SHORTEST = timedelta(hours=24)
# A change that the API showed and no delivery told of; GitHub delivers within seconds.
GRACE = timedelta(hours=1)


@dataclass(frozen=True)
class Silence:
    """`last`: when GitHub made the last delivery that arrived by itself. `late`: why it is, else empty."""

    tracked: TrackedRepository
    last: datetime | None
    late: str = ""


def silences(tracked: QuerySet[TrackedRepository], now: datetime) -> list[Silence]:
    """Of those that are followed and have a hook, by name."""
    found = tracked.filter(is_active=True, webhook_id__isnull=False).select_related("team")
    return [
        Silence(one, last, _late(one, last, now))
        for one, last in with_last(found.order_by("full_name", "pk"))
    ]


def with_last(
    tracked: QuerySet[TrackedRepository],
) -> Iterable[tuple[TrackedRepository, datetime | None]]:
    """Each with the time of its last delivery: one look into an index each, all in one query."""
    last = (
        RawGitHubEvent.objects.filter(
            team_id=OuterRef("team_id"),
            repository_id=OuterRef("github_repo_id"),
            source=RawGitHubEvent.Source.WEBHOOK,
            endpoint="",
            instant__isnull=False,
        )
        .order_by("-instant")
        .values("instant")[:1]
    )
    rows: Iterable[Any] = tracked.annotate(last_instant=Subquery(last))
    return [(row, instants.to_datetime(row.last_instant)) for row in rows]


def _late(tracked: TrackedRepository, last: datetime | None, now: datetime) -> str:
    if last is None:
        return "no delivery has arrived, and GitHub sends a ping to each new hook"
    silent = now - last
    if silent <= GRACE:
        return ""
    activity = _activity(tracked)
    if activity and activity > last + GRACE and activity < now - GRACE:
        return f"the API shows a change of {activity:%Y-%m-%d %H:%M} that no delivery told of"
    if silent <= SHORTEST:
        return ""
    pause = _longest_pause(tracked, last)
    if pause is None or silent <= PAUSES * pause:
        return ""
    return f"silent for {_hours(silent)} hours; in the 30 days before, never for more than {_hours(pause)}"


def _activity(tracked: TrackedRepository) -> datetime | None:
    """The newest change that a hook is always told of: opened, closed, merged, reviewed."""
    place = {"team": tracked.team_id, "github_repo_id": tracked.github_repo_id}
    pulls = PullRequest.objects.filter(**place).aggregate(Max("pr_created_at"), Max("closed_at"))
    reviewed = PRReview.objects.filter(
        team=tracked.team_id, pull_request__github_repo_id=tracked.github_repo_id
    ).aggregate(Max("submitted_at"))
    return max((time for time in (pulls | reviewed).values() if time), default=None)


def _longest_pause(tracked: TrackedRepository, last: datetime) -> timedelta | None:
    """Between two deliveries in the days before the last one; None where these are too few for a habit."""
    deliveries = RawGitHubEvent.objects.filter(
        team=tracked.team_id,
        repository_id=tracked.github_repo_id,
        source=RawGitHubEvent.Source.WEBHOOK,
        endpoint="",
        instant__gte=instants.of_time(last - HABIT),
    )
    if deliveries.count() < HABITUAL:
        return None
    paused = deliveries.annotate(pause=F("instant") - Window(Lag("instant"), order_by="instant"))
    longest = paused.aggregate(longest=Max("pause"))["longest"]
    return timedelta(microseconds=longest // 10)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:,.0f}"

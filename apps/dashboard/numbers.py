"""What the overview shows: the page and the demo's table have it from here, so that they can't differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from apps.metrics.overview import Overview, overview
from apps.teams.models import Team
from ingest.backfill.report import report
from ingest.models import RawGitHubEvent, Run


@dataclass(frozen=True)
class Numbers:
    """`backfill`: the report of the newest one, see `ingest.backfill.report`; None where there was none."""

    metrics: Overview
    events: dict[str, int]
    backfill: dict[str, Any] | None

    @property
    def stored(self) -> int:
        return sum(self.events.values())


def numbers(team: Team) -> Numbers:
    by_type = RawGitHubEvent.for_team(team).values_list("event_type").annotate(n=Count("pk"))
    newest = Run.for_team(team).filter(kind=Run.Kind.BACKFILL).select_related("team").order_by("-pk").first()
    return Numbers(
        metrics=overview(team),
        events=dict(by_type.order_by("event_type")),
        backfill=report(newest) if newest else None,
    )

"""A repository on a page: what GitHub says of it, whether it is followed, and how its last run went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from apps.integrations.models import AvailableRepository, Purge, TrackedRepository
from apps.integrations.services.runs.lanes import turns_of
from apps.integrations.services.runs.view import RunView
from apps.integrations.services.webhooks.noticing import MISDIRECTED
from apps.teams.models import Team
from ingest.models import Run

Badge = tuple[str, str]


@dataclass(frozen=True)
class Card:
    """`listed` is None where the connection does not list it, `tracked` where it never was followed; `run` is
    the last backfill."""

    github_repo_id: int
    listed: AvailableRepository | None
    tracked: TrackedRepository | None
    run: RunView | None
    purge: Purge | None

    @property
    def full_name(self) -> str:
        one = self.listed or self.tracked
        return one.full_name if one else ""

    @property
    def followed(self) -> bool:
        return self.tracked is not None and self.tracked.is_active

    @property
    def kept(self) -> bool:
        """Not followed any more, and what was stored is there."""
        return self.tracked is not None and not self.tracked.is_active

    @property
    def webhook_problem(self) -> str:
        """Of making it, or of removing it once the repository is not followed any more."""
        tracked = self.tracked
        if tracked is None or (tracked.webhook_id is None and not tracked.is_active):
            return ""
        if tracked.is_active and tracked.webhook_id is None and not tracked.webhook_wanted:
            return "Nobody has asked for a webhook yet: without one nothing new arrives by itself."
        return tracked.webhook_problem

    @property
    def webhook(self) -> Badge | None:
        if not self.followed or self.tracked is None:
            return None
        if self.tracked.webhook_id is not None and not self.tracked.webhook_problem:
            return "Webhook active", "success"
        if self.tracked.webhook_problem == MISDIRECTED:
            return "Webhook misdirected", "warning"
        return "Webhook pending", "warning" if self.webhook_problem else "info"

    @property
    def webhook_alive(self) -> bool:
        """A worker is about to change it."""
        tracked = self.tracked
        if tracked is None or tracked.webhook_problem:
            return False
        if not tracked.is_active:
            return tracked.webhook_id is not None
        return tracked.webhook_wanted and tracked.webhook_id is None

    @property
    def sync(self) -> Badge | None:
        if self.purge is not None:
            return "Deleting", "warning"
        if not self.followed or self.tracked is None:
            return None
        if self.run is not None and not self.run.over:
            return self.run.badge
        if self.run is not None and self.run.advice is not None:
            return "Sync error", "error"
        return ("Synced", "success") if self.tracked.last_sync_at else ("Not synced", "neutral")

    @property
    def alive(self) -> bool:
        syncing = self.followed and self.run is not None and self.run.alive
        return syncing or self.webhook_alive or self.purge is not None


def cards(
    team: Team,
    listed: Sequence[AvailableRepository],
    unlisted: Iterable[TrackedRepository],
    now: datetime,
) -> list[Card]:
    """In the order given, those that are not listed first. A few queries, however many there are."""
    alone = list(unlisted)
    ids = [row.github_repo_id for row in alone] + [row.github_repo_id for row in listed]
    rows = TrackedRepository.for_team(team).filter(github_repo_id__in=ids)
    tracked = {row.github_repo_id: row for row in rows}
    available = {row.github_repo_id: row for row in listed}
    runs = _last_runs(team, ids)
    turns = turns_of(team, runs.values(), now)
    purges = {
        row.github_repo_id: row
        for row in Purge.for_team(team).filter(state__in=Purge.LIVING, github_repo_id__in=[0, *ids])
    }
    return [
        Card(
            key,
            available.get(key),
            tracked.get(key),
            RunView(runs[key], now, turns.get(runs[key].pk, "")) if key in runs else None,
            purges.get(key) or purges.get(0),
        )
        for key in ids
    ]


def card_of(
    team: Team, github_repo_id: int, listed: AvailableRepository | None, now: datetime
) -> Card | None:
    """None where the team neither sees nor ever followed it."""
    tracked = TrackedRepository.for_team(team).filter(github_repo_id=github_repo_id)
    found = cards(team, [listed], [], now) if listed else cards(team, [], tracked, now)
    return found[0] if found else None


def _last_runs(team: Team, ids: list[int]) -> dict[int, Run]:
    backfills = Run.for_team(team).filter(kind=Run.Kind.BACKFILL, github_repo_id__in=ids)
    last = backfills.values("github_repo_id").annotate(last=Max("pk")).values_list("last", flat=True)
    return {run.github_repo_id or 0: run for run in Run.for_team(team).filter(pk__in=list(last))}

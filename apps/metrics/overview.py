"""A team's numbers, wherever they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q

from apps.metrics.models import PullRequest
from apps.metrics.summary import summary
from apps.teams.models import Team


@dataclass(frozen=True)
class Spread:
    """Values of one metric: how many there are, and where their middle and their upper quarter begin."""

    n: int
    median: float | None
    p75: float | None


@dataclass(frozen=True)
class Overview:
    """All pull requests of a team. `states` has every state, also with 0."""

    states: dict[str, int]
    cycle_time: Spread
    review_time: Spread
    reverts: int
    hotfixes: int

    @property
    def pull_requests(self) -> int:
        return sum(self.states.values())


def overview(team: Team) -> Overview:
    """Two queries, however many pull requests there are."""
    pulls = PullRequest.for_team(team)
    counts = pulls.aggregate(
        **{state: Count("pk", filter=Q(state=state)) for state in PullRequest.State.values},
        reverts=Count("pk", filter=Q(is_revert=True)),
        hotfixes=Count("pk", filter=Q(is_hotfix=True)),
    )
    hours = list(pulls.values_list("cycle_time_hours", "review_time_hours"))
    return Overview(
        states={state: counts[state] for state in PullRequest.State.values},
        cycle_time=_spread(cycle for cycle, _ in hours),
        review_time=_spread(review for _, review in hours),
        reverts=counts["reverts"],
        hotfixes=counts["hotfixes"],
    )


def _spread(values: Iterable[Decimal | None]) -> Spread:
    return Spread(**summary([float(value) for value in values if value is not None]))

from decimal import Decimal

import pytest

from apps.metrics.factories import PullRequestFactory
from apps.metrics.overview import Spread, overview
from apps.teams.factories import TeamFactory

pytestmark = pytest.mark.django_db


def test_a_team_without_pull_requests_has_no_numbers():
    found = overview(TeamFactory())
    assert found.states == {"open": 0, "merged": 0, "closed": 0}
    assert found.pull_requests == 0
    assert found.cycle_time == found.review_time == Spread(0, None, None)


def test_counts_and_quantiles_are_of_one_team(django_assert_num_queries):
    team = TeamFactory()
    for hours in ("1.00", "2.00", "4.00", "10.50"):
        PullRequestFactory(team=team, merged=True, cycle_time_hours=Decimal(hours), is_hotfix=True)
    PullRequestFactory(team=team, review_time_hours=Decimal("0.00"), is_revert=True)
    PullRequestFactory(team=team, state="closed")
    PullRequestFactory(merged=True)
    with django_assert_num_queries(2):
        found = overview(team)
    assert found.states == {"open": 1, "merged": 4, "closed": 1}
    assert found.pull_requests == 6
    assert found.cycle_time == Spread(4, 3.0, 5.62)
    # A review at once took 0 hours, which is not the same as none.
    assert found.review_time == Spread(1, 0.0, 0.0)
    assert (found.reverts, found.hotfixes) == (1, 4)

"""The small functions over single values."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.metrics.factories import TeamMemberFactory
from apps.metrics.processors import (
    _calculate_cycle_time_hours,
    _calculate_time_diff_hours,
    _determine_pr_state,
    _get_team_member_by_github_id,
    _parse_github_timestamp,
)
from apps.teams.factories import TeamFactory

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-02T09:00:00Z", NINE),
        ("2026-03-02T11:00:00+02:00", NINE),
        ("2026-03-02T09:00:00.500Z", NINE.replace(microsecond=500_000)),
        ("2026-03-02T09:00:00", NINE),
        ("", None),
        (None, None),
    ],
)
def test_timestamps(text, time):
    assert _parse_github_timestamp(text) == time


def test_text_that_is_no_timestamp():
    with pytest.raises(ValueError, match="yesterday"):
        _parse_github_timestamp("yesterday")


@pytest.mark.parametrize(
    ("found", "state"),
    [
        ({"state": "open", "merged": False, "merged_at": None}, "open"),
        ({"state": "closed", "merged": True, "merged_at": "2026-03-02T09:00:00Z"}, "merged"),
        ({"state": "closed", "merged_at": "2026-03-02T09:00:00Z"}, "merged"),
        ({"state": "closed", "merged_at": None, "merge_commit_sha": "a test merge"}, "closed"),
        ({"state": "CLOSED"}, "closed"),
        ({"state": "MERGED"}, "merged"),
        ({}, "open"),
    ],
)
def test_states(found, state):
    assert _determine_pr_state(found) == state


@pytest.mark.parametrize(
    ("seconds", "hours"),
    [(0, "0.00"), (3600, "1.00"), (18, "0.01"), (17, "0.00"), (5400, "1.50"), (-3600, "-1.00")],
)
def test_hours(seconds, hours):
    end = datetime.fromtimestamp(NINE.timestamp() + seconds, UTC)
    for function in (_calculate_cycle_time_hours, _calculate_time_diff_hours):
        assert function(NINE, end) == Decimal(hours)
        assert function(None, end) is None
        assert function(NINE, None) is None
        assert function(None, None) is None


@pytest.mark.django_db
def test_a_member_by_the_numeric_id_of_the_account():
    team = TeamFactory()
    member = TeamMemberFactory(team=team, github_id="583231")
    TeamMemberFactory(team=team, github_id="")
    assert _get_team_member_by_github_id(team, 583231) == member
    assert _get_team_member_by_github_id(team, "583231") == member
    assert _get_team_member_by_github_id(TeamFactory(), 583231) is None
    for nothing in (None, ""):
        assert _get_team_member_by_github_id(team, nothing) is None

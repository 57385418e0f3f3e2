from datetime import UTC, datetime, timedelta

import pytest

from ingest.backfill.choosing import duration
from ingest.backfill.window import Window
from ingest.github.limits import Rate
from ingest.models import RawGitHubEvent, Run

from .conftest import in_window

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_a_plan_says_what_the_backfill_then_takes(standin, world, team, backfill, plan):
    planned = plan(Window(), team)
    assert not RawGitHubEvent.objects.exists()
    assert not Run.objects.exists()
    assert planned.pull_requests == len(in_window(world))
    standin.requests.clear()

    backfill(standin, team)

    # The one with more than 100 commits has two more pages of them than planned.
    assert len(standin.requests) == planned.requests + 2


@pytest.mark.django_db
def test_a_plan_for_what_is_there_already(standin, team, backfill, plan):
    backfill(standin, team)
    planned = plan(Window(), team)
    assert planned.unchanged == planned.pull_requests
    assert planned.requests < 10


@pytest.mark.django_db
def test_a_plan_of_all_takes_one_list(standin, world, plan):
    planned = plan(Window(None))
    assert planned.pull_requests == len(world.outlines)
    assert planned.asked == standin.requests.count("pulls") == 1


@pytest.mark.django_db
def test_the_pace_and_the_quota_are_in_it(standin, plan):
    standin.behaviour.rate_limit = 30
    planned = plan(Window(), per_second=15)
    found = planned.as_json()
    assert found["quota_limit"] == 30
    assert found["quota_left"] == 0
    # The present quota is not enough: the rest comes after its reset in an hour.
    assert 60 <= found["minutes"] < 121


@pytest.mark.django_db
def test_a_host_without_limits(standin, plan):
    standin.behaviour.rate_limit_off = True
    found = plan(Window()).as_json()
    assert found["quota"] is found["quota_left"] is None


def rate(remaining, limit=5000, reset=timedelta(minutes=30)):
    return Rate(limit, remaining, limit - remaining, NOW + reset, "core")


@pytest.mark.parametrize(
    ("requests", "quota", "seconds"),
    [
        (100, None, 20),
        (100, rate(100), 20),
        (100, rate(0), 1800 + 20),
        (5000, rate(0), 1800 + 1000),
        (5001, rate(0), 1800 + 3600 + 0.2),
        (12_000, rate(1000), 1800 + 2 * 3600 + 200),
    ],
)
def test_duration(requests, quota, seconds):
    assert duration(requests, requests * 0.2, quota, NOW) == pytest.approx(seconds)

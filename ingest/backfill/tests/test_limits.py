from datetime import timedelta

import pytest
from django.utils import timezone

from apps.teams.factories import TeamFactory
from ingest.models import RawGitHubEvent, Run
from tests.tables import tables

pytestmark = pytest.mark.django_db

LIMITS = [
    {"rate_limit": 25},
    {"rate_limit": 25, "rate_limit_status": 429},
    {"points_a_minute": 25},
    {"points_a_minute": 25, "secondary_status": 429},
    {"points_a_minute": 25, "retry_after": None},
]


def limited(standin, **behaviour):
    for name, value in behaviour.items():
        setattr(standin.behaviour, name, value)


@pytest.mark.parametrize("behaviour", LIMITS)
def test_without_waiting_the_run_is_left_until_the_limit_is_over(standin, clock, team, backfill, behaviour):
    undisturbed = TeamFactory()
    backfill(standin, undisturbed)
    standin.limits.accounts.clear()
    limited(standin, **behaviour)
    client = {"clock": clock}
    waits = 0
    while (run := backfill(standin, team, client=client)).state == Run.State.WAITING:
        waits += 1
        assert run.not_before > clock.now
        assert run.lease == ""
        # What was fetched until then is in the tables.
        assert run.counters["applied"] == run.counters["stored"]
        clock.now = run.not_before
        Run.objects.filter(pk=run.pk).update(not_before=None)

    assert waits > 1
    assert run.state == Run.State.COMPLETE
    assert hashes(team) == hashes(undisturbed)
    assert len(tables(team)["PullRequest"]) == len(tables(undisturbed)["PullRequest"])


def hashes(team):
    events = RawGitHubEvent.for_team(team).values_list("number", "endpoint", "object_id", "sha256")
    return sorted(events)


@pytest.mark.parametrize("behaviour", LIMITS)
def test_in_the_foreground_it_waits_and_goes_on(standin, clock, team, backfill, behaviour):
    limited(standin, **behaviour)
    waits = []

    def wait(until, beat):
        held = Run.for_team(team).get()
        assert (held.state, held.not_before) == (Run.State.WAITING, until)
        assert held.lease
        waits.append(until)
        beat()
        clock.now = until

    run = backfill(standin, team, client={"clock": clock}, wait=wait)

    assert run.state == Run.State.COMPLETE
    assert run.not_before is None
    assert waits


def test_nothing_is_asked_before_the_limit_is_over(standin, clock, team, backfill):
    limited(standin, rate_limit=10)
    run = backfill(standin, team, client={"clock": clock})
    later = timezone.now() + timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(not_before=later)
    asked = len(standin.requests)

    again = backfill(standin, team)

    assert (again.state, again.not_before) == (Run.State.WAITING, later)
    assert len(standin.requests) == asked


def test_waits_without_a_word_grow(standin, clock, team, backfill):
    """GitHub doesn't say how long: a minute, then twice that, also over several processes."""
    limited(standin, points_a_minute=1, retry_after=None)
    waits = []
    for _ in range(3):
        run = backfill(standin, team, client={"clock": clock, "secondary_repeats": _repeats(team)})
        waits.append(run.not_before - clock.now)
        Run.objects.filter(pk=run.pk).update(not_before=None)
    assert waits == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]


def _repeats(team):
    run = Run.for_team(team).first()
    return run.cursor.get("secondary_repeats", 0) if run else 0

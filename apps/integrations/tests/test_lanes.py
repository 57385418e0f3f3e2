"""Whose turn it is at GitHub."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import AvailableRepository, IntegrationCredential
from apps.integrations.services.github_sync import begin
from apps.integrations.services.runs.lanes import lane_of_run, lanes, take_turn
from ingest.backfill.window import Window
from ingest.models import Run
from ingest.runs.lease import EXPIRES

from .pages import mute

pytestmark = pytest.mark.django_db

State = Run.State
HOUR = timedelta(hours=1)


def queued(tracked=None, *, pushed=None, **about):
    """A run of a repository of its own; `pushed`: hours ago."""
    tracked = tracked or TrackedRepositoryFactory(**about)
    if pushed is not None:
        AvailableRepository.objects.create(
            team=tracked.team,
            integration=tracked.integration,
            github_repo_id=tracked.github_repo_id,
            full_name=tracked.full_name,
            pushed_at=timezone.now() - pushed * HOUR,
        )
    return begin(tracked, Window())[0]


def beside(run, **about):
    """Another of the same connection."""
    return queued(TrackedRepositoryFactory(integration=integration_of(run)), **about)


def integration_of(run):
    return IntegrationCredential.objects.get(team=run.team).github_integration


def worked_on(run, minutes_ago):
    Run.objects.filter(pk=run.pk).update(
        heartbeat_at=timezone.now() - timedelta(minutes=minutes_ago), counters={"requests": 9}
    )


def order(run):
    return [one.pk for one in lane_of_run(run).waiting(timezone.now())]


@pytest.mark.parametrize("places", [1, 2, 4])
def test_workers_are_at_so_many_runs_of_an_account(settings, places):
    settings.GITHUB_CONNECTIONS = places
    first = queued()
    others = [beside(first) for _ in range(5)]
    leases = [take_turn(run) for run in (first, *others)]
    assert [lease is not None for lease in leases] == [True] * places + [False] * (6 - places)
    assert Run.objects.filter(state=State.RUNNING).count() == places
    assert Run.objects.filter(state=State.QUEUED, lease="").count() == 6 - places


def test_a_place_is_free_again_when_its_holder_leaves_or_dies():
    first = queued()
    second = beside(first)
    lease = take_turn(first)
    assert take_turn(second) is None
    lease.leave(State.QUEUED)
    assert take_turn(second).run == second
    Run.objects.filter(pk=second.pk).update(lease="elsewhere:1:x", heartbeat_at=timezone.now() - 2 * EXPIRES)
    assert take_turn(first).run == second, "who waited longest"


def test_a_command_at_a_terminal_takes_a_place():
    first = queued()
    second = beside(first)
    Run.objects.filter(pk=first.pk).update(state="running", lease="x", heartbeat_at=timezone.now())
    assert take_turn(second) is None


def test_a_limit_holds_for_the_whole_account():
    first = queued()
    other = beside(first)
    take_turn(first).leave(State.WAITING, not_before=timezone.now() + HOUR)
    elsewhere = queued()
    assert take_turn(other) is None
    assert take_turn(first) is None
    assert take_turn(elsewhere) is not None
    Run.objects.filter(pk=first.pk).update(state=State.PAUSED)
    assert take_turn(other) is None, "to pause the run does not lift the limit"
    Run.objects.filter(pk=first.pk).update(state=State.WAITING, not_before=timezone.now())
    assert take_turn(other) is not None


def test_teams_of_one_github_account_share_a_lane():
    first, second, other = queued(), queued(), queued()
    mine = IntegrationCredential.objects.filter(team__in=[first.team, second.team])
    mine.update(github_user_id=7)
    assert len(lanes()) == 2
    assert take_turn(first) is not None
    assert take_turn(second) is None
    assert take_turn(other) is not None


def test_the_server_s_own_token_is_one_account(settings):
    runs = [queued(), queued()]
    IntegrationCredential.objects.update(source="environment", access_token="")
    assert take_turn(runs[0]) is None, "this process has no token"
    settings.GITHUB_TOKEN = "ghp_x"
    assert take_turn(runs[0]) is not None
    assert take_turn(runs[1]) is None


def test_recently_pushed_to_goes_first_and_each_has_a_first_turn_before_a_second():
    long_worked = queued(pushed=0)
    just_worked = beside(long_worked, pushed=0)
    quiet, active, unknown = (beside(long_worked, **about) for about in ({"pushed": 9}, {"pushed": 1}, {}))
    worked_on(long_worked, 10)
    worked_on(just_worked, 5)
    assert order(quiet) == [run.pk for run in (active, quiet, unknown, long_worked, just_worked)]


def test_teams_that_share_an_account_take_turns():
    """However many repositories each has."""
    big = queued()
    bigs = [big, *(beside(big) for _ in range(4))]
    small = queued()
    IntegrationCredential.objects.update(github_user_id=7)
    turns = []
    for _ in range(6):
        lease = take_turn(big)
        turns.append(lease.run)
        lease.leave(State.COMPLETE)
    assert small in turns[:2]
    assert sorted(run.pk for run in turns) == sorted(run.pk for run in (*bigs, small))


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_take_the_last_place_both():
    runs = [queued()]
    runs += [beside(runs[0]) for _ in range(3)]
    barrier, leases = threading.Barrier(4), []

    def work(run):
        try:
            barrier.wait()
            leases.append(take_turn(run))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[run]) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(lease is not None for lease in leases) == 1


def test_beat_tells_of_as_many_as_there_are_places(settings, monkeypatch):
    sent = mute(monkeypatch, tasks.continue_backfill)
    first = queued()
    for _ in range(20):
        beside(first)
    tasks.resume_waiting_runs()
    assert len(sent) == 1
    settings.GITHUB_CONNECTIONS = 3
    tasks.resume_waiting_runs()
    assert len(sent) == 4
    take_turn(first).leave(State.WAITING, not_before=timezone.now() + HOUR)
    tasks.resume_waiting_runs()
    assert len(sent) == 4

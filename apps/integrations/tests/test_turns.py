"""Many repositories, worked on in turns."""

from collections import Counter
from datetime import timedelta

import pytest
from celery import current_app

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.services.github_sync import begin
from apps.integrations.services.runs.turns import BEFORE_US, LOOK_SECONDS, Turn, somebody_waits
from apps.metrics.models import PullRequest
from ingest.backfill.window import Window
from ingest.models import Run
from ingest.standin import World

from .conftest import NOW
from .pages import client_of, mute

State = Run.State


@pytest.fixture
def repositories(db, standin, by_rest):
    """Five with a few pull requests each; GitHub's stand-in shows all of them."""
    del standin.worlds[0]
    first = None
    for n in range(5):
        world = World.generate(seed=n, repository=f"part-{n}", pulls=4, now=NOW)
        standin.worlds.append(world)
        about = {"integration": first.integration} if first else {}
        tracked = TrackedRepositoryFactory(
            github_repo_id=world.repository.id, full_name=f"acme/part-{n}", **about
        )
        first = first or tracked
        begin(tracked, Window(None))
    return first


@pytest.fixture
def sent(monkeypatch):
    return mute(monkeypatch, tasks.continue_backfill)


def work_off(sent):
    """What one worker does with the messages; returns the runs in the order of their turns."""
    turns = []
    worked = tasks.go_on

    def go_on(run, **options):
        turns.append(run.pk)
        return worked(run, **options)

    tasks.go_on = go_on
    try:
        while sent:
            _, run_id = sent.pop(0)
            tasks.continue_backfill(run_id)
    finally:
        tasks.go_on = worked
    return turns


def test_each_repository_shows_something_before_one_is_complete(repositories, sent, monkeypatch):
    counted = Counter()

    def a_pull_request_each(seconds):
        left = [2]

        class Short:
            def is_over(self):
                left[0] -= 1
                return left[0] < 0

        counted[seconds] += 1
        return Short()

    monkeypatch.setattr(tasks, "Turn", a_pull_request_each)
    tasks.resume_waiting_runs()
    turns = work_off(sent)

    runs = sorted(Run.objects.values_list("pk", flat=True))
    assert sorted(turns[:5]) == runs
    assert len(turns) > 5
    assert counted == {tasks.FIRST_SECONDS: 5, tasks.TASK_SECONDS: len(turns) - 5}
    assert set(Run.objects.values_list("state", flat=True)) == {State.COMPLETE}
    assert PullRequest.objects.count() == 20


def test_one_failure_leaves_the_others_their_turns(repositories, standin, sent):
    gone = standin.worlds.pop(0)
    tasks.resume_waiting_runs()
    work_off(sent)
    states = dict(Run.objects.values_list("github_repo_id", "state"))
    assert states.pop(gone.repository.id) == State.FAILED
    assert set(states.values()) == {State.COMPLETE}


def test_after_a_limit_nobody_asks_before_its_time(repositories, standin, sent):
    standin.behaviour.rate_limit = 10
    tasks.resume_waiting_runs()
    work_off(sent)
    assert Counter(Run.objects.values_list("state", flat=True)) == {State.WAITING: 1, State.QUEUED: 4}
    asked = len(standin.requests)
    tasks.resume_waiting_runs()
    for run in Run.objects.all():
        tasks.continue_backfill(run.pk)
    assert len(standin.requests) == asked


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("waits", "over_after"),
    [
        ([], 60.0),
        ([False] * 99, 60.0),
        ([True, False] * 99, 60.0),
        ([True] * 9, 2.0),
        ([False, True, True], 3.0),
    ],
)
def test_a_turn_ends_early_where_others_wait_for_longer(waits, over_after):
    clock, answers = Clock(), iter(waits)
    turn = Turn(60.0, clock=clock, waits=lambda: next(answers, False))
    while not turn.is_over():
        clock.now += LOOK_SECONDS / 4
    assert clock.now == over_after


def test_messages_of_deliveries_and_short_calls_go_first():
    def send(queue):
        with current_app.connection_for_write() as connection:
            connection.SimpleQueue(queue).put("look")

    def take(queue):
        with current_app.connection_for_read() as connection:
            connection.SimpleQueue(queue).get(block=False).ack()

    # What other tests sent stands in the memory of this process.
    with current_app.connection_for_write() as connection:
        for queue in BEFORE_US:
            connection.default_channel.queue_declare(queue)
            connection.default_channel.queue_purge(queue)
    assert not somebody_waits()
    for queue in ("celery", "github"):
        send(queue)
        assert somebody_waits()
        take(queue)
        assert not somebody_waits()
    send("backfill")
    assert not somebody_waits()
    take("backfill")


def test_a_broker_that_is_down_stops_no_turn(monkeypatch):
    def down():
        raise OSError("refused")

    monkeypatch.setattr(current_app, "connection_for_read", down)
    assert not somebody_waits()


def test_a_page_says_for_what_a_run_waits(repositories, standin, sent, monkeypatch):
    first = client_of(repositories.team)
    runs = list(Run.objects.order_by("pk"))

    def page(run):
        return first.get(f"/a/{repositories.team.slug}/integrations/runs/{run.pk}/").text

    assert "Waiting for a worker" in page(runs[1])
    Run.objects.update(created_at=tasks.timezone.now() - timedelta(hours=1))
    assert "No worker has taken it yet" in page(runs[1])
    Run.objects.filter(pk=runs[0].pk).update(state="running", lease="x", heartbeat_at=tasks.timezone.now())
    assert "another repository is being fetched" in page(runs[1])
    assert "Interrupted" not in page(runs[1])
    until = tasks.timezone.now() + timedelta(hours=1)
    Run.objects.filter(pk=runs[0].pk).update(state="waiting", lease="", not_before=until)
    assert f"until {until:%H:%M} UTC" in page(runs[1])
    listed = first.get(f"/a/{repositories.team.slug}/integrations/runs/").text
    assert "Interrupted" not in listed


def test_how_far_all_of_them_are(repositories, standin, sent):
    states = ["complete", "running", "queued", "waiting", "failed"]
    for run, state in zip(Run.objects.order_by("pk"), states, strict=True):
        Run.objects.filter(pk=run.pk).update(state=state, counters={"visited": 10, "unchanged": 2})
    client = client_of(repositories.team)
    found = client.get(f"/a/{repositories.team.slug}/integrations/runs/").context["progress"]
    assert (found.followed, found.complete, found.running, found.queued) == (5, 1, 1, 1)
    assert (found.waiting, found.failed, found.paused, found.pull_requests) == (1, 1, 0, 60)
    # Only the last run of each counts.
    begin(repositories, Window())
    again = client.get(f"/a/{repositories.team.slug}/integrations/runs/").context["progress"]
    assert (again.complete, again.queued) == (0, 2)

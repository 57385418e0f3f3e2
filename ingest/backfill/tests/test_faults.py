from itertools import count

import pytest
from django.db import OperationalError

from apps.metrics.models import PullRequest, Repository
from apps.teams.factories import TeamFactory
from ingest.backfill.report import report
from ingest.github.errors import (
    Blocked,
    CredentialRevoked,
    Disabled,
    Forbidden,
    NotFoundOrNoPermission,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from ingest.models import RawGitHubEvent, Run
from ingest.standin import World, running
from ingest.standin.wire import listen
from tests.tables import log_of, tables

from .conftest import NOW, in_window

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "faults",
    [
        {"error_every": 3},
        {"error_every": 2},
        {"drop_every": 3},
        {"cut_every": 4},
        {"drop_every": 5, "error_every": 7, "cut_every": 3},
        {"compress": True},
    ],
)
def test_faults_leave_no_trace(small_pages, standin, world, clock, team, backfill, faults):
    undisturbed = TeamFactory()
    backfill(standin, undisturbed)
    with running(world, clock=clock, **faults) as faulty:
        run = backfill(faulty, team)

    assert log_of(team) == log_of(undisturbed)
    assert tables(team) == tables(undisturbed)
    assert run.counters["failures"] == 0


@pytest.mark.parametrize(
    ("status", "name"),
    [(404, "NotFoundOrNoPermission"), (410, "Disabled"), (451, "Blocked"), (502, "Unavailable")],
)
@pytest.mark.parametrize("part", ["", "/reviews", "/commits"])
def test_what_is_refused_of_one_pull_request_is_noted(
    standin, world, team, backfill, refused, status, name, part
):
    number = world.named["dismissed"]
    refused[f"/pulls/{number}{part}"] = status
    run = backfill(standin, team)

    assert run.state == Run.State.COMPLETE
    (failure,) = report(run)["failures"]
    assert (failure["number"], failure["endpoint"], failure["error"]) == (number, part[1:] or "pull", name)
    assert report(run)["failed"] == 1
    others = RawGitHubEvent.for_team(team).exclude(number=number)
    assert others.filter(endpoint="commits").exists()
    assert run.counters["visited"] == len(in_window(world)) - 1
    # It is not whole: the next backfill asks again, once.
    standin.requests.clear()
    again = backfill(standin, team)
    assert again.counters["failures"] == 1
    assert standin.requests.count("pull") + (part == "") == 1


@pytest.mark.parametrize(
    ("switch", "error"),
    [
        ("hidden", NotFoundOrNoPermission),
        ("forbidden", Forbidden),
        ("saml", Forbidden),
        ("blocked", Blocked),
        ("disabled", Disabled),
    ],
)
@pytest.mark.parametrize("after", [0, 4])
def test_a_repository_that_goes_away_fails_the_run(standin, team, backfill, switch, error, after):
    def go_away(run, counters):
        if counters.visited >= after:
            setattr(standin.behaviour, switch, True)

    setattr(standin.behaviour, switch, after == 0)
    with pytest.raises(error):
        backfill(standin, team, progress=go_away)

    run = Run.for_team(team).get()
    assert (run.state, run.error, run.lease) == (Run.State.FAILED, error.__name__, "")
    assert run.message
    assert run.finished_at
    # What was refused, and the repository by name and by number: nobody else is asked for.
    assert len(standin.requests) - standin.requests.by_status[200] <= 3


def test_a_token_that_is_revoked_in_the_middle(standin, team, backfill):
    standin.behaviour.revoke_after = 20
    with pytest.raises(CredentialRevoked):
        backfill(standin, team)
    failed = Run.for_team(team).get()
    assert (failed.state, failed.error) == (Run.State.FAILED, "CredentialRevoked")
    stored = RawGitHubEvent.for_team(team).count()
    assert stored > 20

    standin.behaviour.revoke_after = 0
    standin.behaviour.revoked.clear()
    standin.requests.clear()
    again = backfill(standin, team)
    assert again.pk != failed.pk
    assert again.counters["unchanged"] == failed.counters["visited"] > 0


def test_github_that_stays_down(standin, team, backfill):
    standin.behaviour.error_every = 1
    with pytest.raises(Unavailable):
        backfill(standin, team)
    assert Run.for_team(team).get().error == "Unavailable"


def by_update(world):
    """As the list has them."""
    return sorted(in_window(world), key=lambda n: world.outlines[n].updated_at, reverse=True)


def test_three_in_a_row_fail_the_run(standin, world, team, backfill, refused):
    """The repository answers, but it is not about one pull request."""
    refused["/reviews"] = 502
    with pytest.raises(Unavailable):
        backfill(standin, team)
    failed = Run.for_team(team).get()
    assert (failed.state, failed.error, failed.counters["failures"]) == (Run.State.FAILED, "Unavailable", 3)

    refused.clear()
    assert backfill(standin, team).counters["visited"] == len(in_window(world))


def test_three_with_one_between_do_not(standin, world, team, backfill, refused):
    numbers = [number for place, number in enumerate(by_update(world)[:8]) if place % 3 < 2]
    refused.update({f"/pulls/{number}": 500 for number in numbers})
    run = backfill(standin, team)
    assert (run.state, run.counters["failures"]) == (Run.State.COMPLETE, len(numbers))
    assert run.counters["visited"] == len(in_window(world)) - len(numbers)


def test_three_that_always_fail_do_not_block_their_repository(standin, world, team, backfill, refused):
    numbers = by_update(world)[:3]
    refused.update({f"/pulls/{number}": 500 for number in numbers})
    with pytest.raises(Unavailable):
        backfill(standin, team)
    run = backfill(standin, team)
    assert (run.state, run.counters["failures"]) == (Run.State.COMPLETE, 3)
    assert run.counters["visited"] == len(in_window(world)) - 3


def test_three_in_a_row_are_counted_over_turns(standin, world, team, backfill, refused):
    """Slow failures take more than one turn."""

    def turns():
        for _ in range(10):
            asked = count()
            backfill(standin, team, enough=lambda asked=asked: next(asked) > 0)

    refused["/reviews"] = 502
    with pytest.raises(Unavailable):
        turns()
    assert Run.for_team(team).get().counters["failures"] == 3


def test_no_network(world, clock, team, backfill):
    with running(world, clock=clock) as standin:
        pass
    with pytest.raises(Unreachable):
        backfill(standin, team)
    assert Run.for_team(team).get().state == Run.State.FAILED


class TooLarge(Exception):
    """An index entry, as psycopg has it."""

    sqlstate = "54000"


@pytest.mark.parametrize(("cause", "state"), [(None, "running"), (TooLarge(), "failed")])
def test_what_the_database_refuses_again_and_again_fails_the_run(
    standin, team, backfill, monkeypatch, cause, state
):
    """One that is away is another thing: whoever takes the run up when its lease is over goes on."""

    def refuse(*events):
        raise OperationalError("no") from cause

    monkeypatch.setattr("ingest.backfill.work.append", refuse)
    with pytest.raises(OperationalError):
        backfill(standin, team)
    assert Run.objects.get().state == state


def test_an_empty_repository_is_complete(standin, team, backfill):
    standin.behaviour.empty = True
    run = backfill(standin, team)
    assert (run.state, run.counters["stored"]) == (Run.State.COMPLETE, {})


def test_a_rename_between_two_runs(standin, world, clock, team, backfill):
    backfill(standin, team)
    before = PullRequest.for_team(team).count()
    world.rename("booster")
    world.touch(world.named["draft"])
    clock.forward(hours=1)
    # The name by which the next run was started is the old one.
    repository = world.repository
    world.repository = world.renamings[0][2]
    run = backfill(standin, team)

    assert repository.full_name == "acme/booster"
    assert run.scope["repository"] == "acme/booster"
    assert PullRequest.for_team(team).count() == before
    assert set(PullRequest.for_team(team).values_list("github_repo", flat=True)) == {"acme/booster"}
    assert Repository.for_team(team).get().full_name == "acme/booster"


def test_an_old_name_that_another_repository_took(standin, world, clock, team, backfill):
    from ingest.backfill.starting import start
    from ingest.backfill.window import Window

    world.rename("booster")
    other = World.generate(seed=8, pulls=5, now=NOW)
    with running(world, other, clock=clock) as both:
        start(team, world.repository.id, "acme/rocket", Window())
        run = backfill(both, team)

    assert run.scope["repository"] == "acme/booster"
    assert set(RawGitHubEvent.for_team(team).values_list("repository_id", flat=True)) == {world.repository.id}


def test_a_name_that_is_taken_in_the_middle(standin, world, clock, team, backfill):
    other = World.generate(seed=8, pulls=30, now=NOW)

    def take_the_name(run, counters):
        if counters.visited == 3 and not world.renamings:
            world.rename("booster")
            standin.worlds.append(other)

    with pytest.raises(UnexpectedAnswer, match="belongs to another repository"):
        backfill(standin, team, progress=take_the_name)
    assert (
        not RawGitHubEvent.for_team(team)
        .filter(repository_id=other.repository.id)
        .exclude(endpoint="pull")
        .exists()
    )
    # The next one asks for the name of the number, and goes on with the right one.
    assert backfill(standin, team).state == Run.State.COMPLETE


def test_a_list_with_something_else_in_it(standin, team, backfill, monkeypatch):
    """It is stored, and parked at replay; the run goes on."""
    odd = b'{"unexpected": ["thing"]}'
    answer = standin.answer

    def with_something_else(request):
        given = answer(request)
        if request.path.endswith("/pulls") and given.status == 200:
            given.body = given.body[:-1] + b"," + odd + b"]"
        return given

    with listen(with_something_else) as url:
        monkeypatch.setattr(standin, "url", url)
        run = backfill(standin, team)

    assert run.state == Run.State.COMPLETE
    assert [e.body for e in RawGitHubEvent.for_team(team).filter(number=0)] == [odd]
    assert report(run)["parked"] == 1

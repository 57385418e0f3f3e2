"""What did not change costs nothing, and hides nothing."""

import random
from dataclasses import replace
from datetime import timedelta
from string import ascii_letters

import pytest

from apps.teams.factories import TeamFactory
from ingest.backfill.performing import perform
from ingest.backfill.report import report
from ingest.backfill.starting import start
from ingest.backfill.window import Window
from ingest.github.client import GitHubClient
from ingest.github.errors import UnexpectedAnswer
from ingest.log.append import append
from ingest.log.facts import NewEvent
from ingest.log.purging import purge
from ingest.models import RawGitHubEvent, Run, Validator
from ingest.runs.lease import take
from ingest.standin import World, running
from ingest.standin.wire import listen
from tests.tables import log_of, tables

from .conftest import NOW, expire
from .test_validators_law import DeadlyPacer, Killed

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World.generate(pulls=6, now=NOW)


def counted(standin):
    """Requests that take of the quota."""
    return len(standin.requests) - standin.requests.by_status[304]


def known_at_once(standin):
    """What was not modified when it was asked for the first time; the front of the list is read twice."""
    first = {}
    for asked in standin.requests.all:
        first.setdefault(asked.path, asked.status)
    return [path for path, status in first.items() if status == 304]


def sync(standin, team, backfill, clock, now=None):
    """As beat does it: from the start of the last one, less an overlap."""
    window = Window(since=clock.now - timedelta(hours=1))
    clock.now = now or clock.now + timedelta(minutes=30)
    standin.requests.clear()
    run = backfill(standin, team, window, api="auto")
    assert run.scope["api"] == "rest"
    return run


def test_a_sync_of_an_unchanged_repository_is_free(standin, team, clock, backfill):
    backfill(standin, team)
    log = log_of(team)
    # Other open ones are wanted than in the window before.
    sync(standin, team, backfill, clock)
    assert counted(standin) <= 3
    for _ in range(3):
        found = report(sync(standin, team, backfill, clock))
        assert counted(standin) == 0
        assert found["free"] == found["requests"] == len(standin.requests) > 2

    assert log_of(team) == log


def test_what_changed_is_fetched(standin, world, team, clock, backfill):
    backfill(standin, team)
    sync(standin, team, backfill, clock)
    number = next(n for n, o in world.outlines.items() if o.state == "open")
    world.review(number)
    clock.now = world.time + timedelta(minutes=5)
    sync(standin, team, backfill, clock)

    assert standin.requests.count("reviews", 200) == 1
    # The review raised its `updated_at`, and its commits are those of before.
    assert standin.requests.count("commits", 200) == 0
    assert standin.requests.count("commits", 304) >= 1
    undisturbed = TeamFactory()
    backfill(standin, undisturbed)
    assert facts(team) == facts(undisturbed)


def facts(team):
    rows = tables(team)
    return [
        sorted(str(row["number"]) + row["title"] + row["state"] for row in rows["PullRequest"]),
        [len(rows[name]) for name in ("PullRequest", "PRReview", "Commit")],
    ]


def test_rows_that_another_window_left_out_are_fetched(small_pages, standin, team, backfill):
    undisturbed = TeamFactory()
    backfill(standin, undisturbed, Window(90))
    backfill(standin, team, Window(20))
    assert log_of(team) != log_of(undisturbed)
    backfill(standin, team, Window(90))

    assert log_of(team) == log_of(undisturbed)


@pytest.mark.parametrize("requests", [2, 3, 6, 9])
def test_killed_between_a_page_and_its_visits(standin, team, backfill, requests):
    undisturbed = TeamFactory()
    backfill(standin, undisturbed)
    with pytest.raises(Killed):
        backfill(standin, team, client={"pacer": DeadlyPacer(requests)})
    expire(team)
    standin.requests.clear()
    backfill(standin, team)

    assert standin.requests.count("pulls", 304) >= 1
    assert log_of(team) == log_of(undisturbed)


def test_another_token_uses_none_of_them(standin, team, backfill):
    backfill(standin, team)
    standin.requests.clear()
    repository = standin.world.repository
    run, _ = start(team, repository.id, repository.full_name, Window(), api="rest")
    with GitHubClient(lambda: "another", base_url=standin.url) as client:
        perform(take(run), client)

    assert known_at_once(standin) == []
    assert {row.token for row in Validator.objects.filter(url__contains="pulls?")} == {client.fingerprint()}


def test_another_team_has_its_own(standin, team, backfill):
    backfill(standin, team)
    standin.requests.clear()
    backfill(standin, TeamFactory())

    assert known_at_once(standin) == []


def test_after_a_purge_all_is_fetched_again(standin, team, backfill):
    backfill(standin, team)
    log = log_of(team)
    purge(team, {standin.world.repository.id: "acme/rocket"}, "ada@example.com")
    assert not RawGitHubEvent.for_team(team).exists()
    backfill(standin, team)

    assert log_of(team) == log


def test_a_full_last_page_is_read_again(small_pages, standin, world, team, clock, backfill):
    """Three commits are a page here. Of a fourth this page may not tell."""
    number = next(n for n in world.outlines if len(world.pull(n).commits) % 3 == 0)
    backfill(standin, team, Window(None))

    kept = Validator.for_team(team).filter(url__contains=f"/pulls/{number}/commits")
    assert not kept.filter(next_url="").exists()


def test_a_delivery_of_the_same_second_is_weighed_by_the_log(standin, world, team, clock, backfill):
    """It is newer than the answer that shows the same, so the same answer is another event: A, B, A."""
    number = next(n for n, o in world.outlines.items() if o.state == "open")
    backfill(standin, team)
    clock.now = world.retitle(number, "Another title", at=clock.now).at
    sync(standin, team, backfill, clock, now=clock.now)
    told = world.deliveries(number)[-1]
    append(team, [NewEvent("webhook", told.event, told.body, delivery_id=told.id)])
    for _ in range(2):
        sync(standin, team, backfill, clock)

    of_list = RawGitHubEvent.for_team(team).filter(number=number, endpoint="pulls").order_by("id")
    assert [event.payload["title"] for event in of_list][-2:] == ["Another title"] * 2


def test_an_address_that_the_index_does_not_hold_is_asked_in_full(standin, team, backfill, monkeypatch):
    """A list's, at an API in a long folder. Random, as what repeats itself is packed into one that fits."""
    folder = "/" + "".join(random.Random(1).choices(ascii_letters, k=6000))

    def answer(request):
        return standin.answer(replace(request, path=request.path.removeprefix(folder)))

    with listen(answer) as url:
        monkeypatch.setattr(standin, "url", url + folder)
        backfill(standin, team)
        log = log_of(team)
        standin.requests.clear()
        backfill(standin, team)

    assert RawGitHubEvent.objects.exists()
    assert log_of(team) == log
    # What is no list is kept by its path alone.
    assert known_at_once(standin) == ["/repos/acme/rocket"]
    assert not Validator.objects.filter(url__contains=folder).exists()


def test_a_304_that_nobody_asked_for(team, backfill):
    def not_modified(request):
        answer = standin.answer(request)
        if request.path.endswith("/pulls"):
            answer.status, answer.body = 304, b""
        return answer

    with running(World.generate(pulls=1, now=NOW)) as standin, listen(not_modified) as url:
        standin.url = url
        with pytest.raises(UnexpectedAnswer, match="without having been asked"):
            backfill(standin, team)

    assert Run.for_team(team).get().state == Run.State.FAILED

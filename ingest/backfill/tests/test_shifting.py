"""Rows of GitHub's lists change places while their pages are read; no pull request is missed."""

from datetime import timedelta

import pytest

from apps.metrics.models import PullRequest
from ingest.backfill.window import Window
from ingest.github import client
from ingest.models import Stream
from ingest.standin import World, running

from .conftest import NOW, in_window

pytestmark = pytest.mark.django_db


def stored(team):
    return set(Stream.for_team(team).values_list("number", flat=True))


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(client, "PER_PAGE", 5)


def test_rows_that_go_to_the_front_while_pages_are_read(small_pages, world, team, backfill):
    with running(world, clock=lambda: world.time + timedelta(hours=1), shift_rows=1) as standin:
        wanted = in_window(world)
        backfill(standin, team)

    assert stored(team) >= wanted


def test_an_old_open_one_that_is_touched_before_its_page_is_read(small_pages, clock, team, backfill):
    world = World.generate(pulls=150, now=NOW)
    cutoff = NOW + timedelta(hours=1) - timedelta(days=20)
    outlines = world.outlines.values()
    old = sorted(
        (o for o in outlines if o.state == "open" and o.updated_at < cutoff), key=lambda o: o.updated_at
    )
    assert len(old) > 4

    def touch_the_last(run, counters):
        if run.cursor["round"]["name"] == "open" and world.time == NOW:
            world.touch(old[-1].number)

    with running(world, clock=clock) as standin:
        backfill(standin, team, Window(20), progress=touch_the_last)
    assert world.time > NOW
    assert {o.number for o in old} <= stored(team)


def test_an_open_one_that_is_closed_shifts_the_others_forward(small_pages, clock, team, backfill):
    world = World.generate(pulls=150, now=NOW)
    cutoff = NOW + timedelta(hours=1) - timedelta(days=20)
    outlines = world.outlines.values()
    old = sorted(
        (o for o in outlines if o.state == "open" and o.updated_at < cutoff), key=lambda o: o.updated_at
    )

    def close_the_first(run, counters):
        current = run.cursor["round"]
        if current["name"] == "open" and "page" not in current and world.time == NOW:
            world.close(old[0].number)

    with running(world, clock=clock) as standin:
        backfill(standin, team, Window(20), progress=close_the_first)
    assert world.time > NOW
    assert {o.number for o in old} <= stored(team)


def test_all_of_them_though_the_list_by_update_shifts(small_pages, world, team, backfill):
    with running(world, clock=lambda: world.time + timedelta(hours=1), shift_rows=1) as standin:
        backfill(standin, team, Window(None))
    assert stored(team) == set(world.outlines)
    assert PullRequest.for_team(team).count() == len(world.outlines)

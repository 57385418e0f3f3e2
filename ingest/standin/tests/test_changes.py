from __future__ import annotations

from datetime import timedelta

import pytest

from ingest.standin import World

from .conftest import NOW


def open_one(world: World) -> int:
    return next(n for n in world.numbers("open") if n not in world.named.values())


def test_a_touch_moves_a_pull_request_to_the_top(world: World) -> None:
    world.touch(3)
    assert world.numbers("all", "updated", "desc")[0] == 3
    assert world.pull(3).updated_at == NOW + timedelta(seconds=1)


def test_each_change_is_a_second_later_than_the_one_before(world: World) -> None:
    assert [world.touch(number).at - NOW for number in (5, 9, 5)] == [timedelta(seconds=s) for s in (1, 2, 3)]


def test_a_change_cannot_come_before_what_is_there(world: World) -> None:
    world.touch(5, at=NOW + timedelta(hours=1))
    with pytest.raises(ValueError, match="already updated"):
        world.touch(5, at=NOW)


def test_merge_close_reopen(world: World) -> None:
    number = open_one(world)
    before = world.repository.open_issues
    world.close(number)
    assert world.repository.open_issues == before - 1
    world.reopen(number)
    assert world.pull(number).closed_at is None
    assert number in world.numbers("open")
    world.merge(number)
    pull = world.pull(number)
    assert (pull.state, pull.merged_at) == ("closed", world.time)
    assert number in world.numbers("closed")


def test_review_and_dismissal(world: World) -> None:
    number = open_one(world)
    submitted = world.review(number, "APPROVED").at
    assert world.pull(number).reviews[-1].state == "APPROVED"
    world.dismiss(number)
    dismissed = world.pull(number).reviews[-1]
    assert (dismissed.state, dismissed.submitted_at) == ("DISMISSED", submitted)


def test_a_pending_review_is_no_update(world: World) -> None:
    number = open_one(world)
    before = world.pull(number).updated_at
    world.review(number, "PENDING", by=world.people.viewer)
    assert world.pull(number).updated_at == before
    assert world.pull(number).reviews[-1].submitted_at is None


def test_push_adds_and_force_push_replaces(world: World) -> None:
    number = open_one(world)
    before = [commit.sha for commit in world.pull(number).commits]
    world.push(number, commits=2)
    assert [commit.sha for commit in world.pull(number).commits][:-2] == before
    world.force_push(number)
    after = world.pull(number).commits
    assert len(after) == 1
    assert after[0].sha not in before
    assert world.repository.pushed_at == world.time


def test_drafts_and_titles(world: World) -> None:
    number = open_one(world)
    world.to_draft(number)
    assert world.pull(number).draft
    world.ready(number)
    world.retitle(number, "Another title")
    assert (world.pull(number).draft, world.pull(number).title) == (False, "Another title")


def test_a_rename_keeps_the_id(world: World) -> None:
    before = world.repository.id
    world.rename("rocket-two")
    assert (world.repository.full_name, world.repository.id) == ("acme/rocket-two", before)

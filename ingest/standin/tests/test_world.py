from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from ingest.standin import World
from ingest.standin.answer import packed
from ingest.standin.cast import NAMES
from ingest.standin.shapes import pull_request

from .conftest import NOW

DIGEST = """
import hashlib
from datetime import datetime, UTC
from ingest.standin import World
world = World.generate(seed=3, pulls=40, now=datetime(2026, 6, 3, 12, tzinfo=UTC))
print(hashlib.sha256(b"".join(delivery.body for delivery in world.all_deliveries())).hexdigest())
"""


def bodies(world: World) -> list[bytes]:
    return [packed(pull_request.full(world.pull(number), world.repository)) for number in world.outlines]


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (World.generate(seed=11, pulls=60, now=NOW) for _ in range(2))
    assert bodies(first) == bodies(second)
    assert bodies(first) != bodies(World.generate(seed=12, pulls=60, now=NOW))


def test_another_process_gives_the_same_bytes() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_the_order_of_asking_changes_nothing() -> None:
    forth, back = (World.generate(pulls=60, now=NOW) for _ in range(2))
    there = {number: forth.pull(number) for number in range(1, 61)}
    again = {number: back.pull(number) for number in range(60, 0, -1)}
    assert there == again


def test_a_history_ends_where_the_outline_says(world: World) -> None:
    for number, outline in world.outlines.items():
        pull = world.pull(number)
        assert (pull.created_at, pull.updated_at) == (outline.created_at, outline.updated_at)
        assert (pull.state, pull.closed_at) == (outline.state, outline.ended_at)
        assert (pull.merged_at is not None) == outline.merged


def test_nothing_is_later_than_now_and_moments_are_in_order(world: World) -> None:
    for number in world.outlines:
        times = [moment.at for moment in world.moments(number)]
        assert times == sorted(times)
        assert times[-1] <= NOW
        assert world.moments(number)[0].action == "opened"
        assert not any(time.microsecond for time in times)


def test_numbers_grow_with_time_and_cover_about_200_days(world: World) -> None:
    created = [outline.created_at for outline in world.outlines.values()]
    assert created == sorted(created)
    assert created[0] < NOW - timedelta(days=190)
    assert created[-1] > NOW - timedelta(days=5)
    assert all(time.weekday() < 5 and 8 <= time.hour < 18 for time in created)


def test_people_work_on_weekdays(world: World) -> None:
    times = [moment.at for number in world.outlines for moment in world.moments(number)]
    assert sum(time.weekday() >= 5 or not 7 <= time.hour <= 20 for time in times) < len(times) / 50


def test_the_proportions_are_those_of_a_team() -> None:
    world = World.generate(pulls=2000, now=NOW)
    outlines = world.outlines.values()
    merged = sum(outline.merged for outline in outlines) / 2000
    still_open = sum(outline.state == "open" for outline in outlines) / 2000
    hours = sorted(
        (outline.ended_at - outline.created_at).total_seconds() / 3600
        for outline in outlines
        if outline.ended_at and outline.merged
    )
    assert 0.75 < merged < 0.9
    assert 0.02 < still_open < 0.12
    assert 12 < hours[len(hours) // 2] < 40  # the median
    assert hours[-1] > 200


def test_ids_are_above_31_bits_and_belong_to_one_object_each(world: World) -> None:
    pulls = [world.pull(number) for number in world.outlines]
    ids = [pull.id for pull in pulls]
    reviews = [review.id for pull in pulls for review in pull.reviews]
    assert len(set(ids)) == len(ids)
    assert len(set(reviews)) == len(reviews)
    assert min(ids + reviews) > 2**31
    assert max(ids + reviews) < 2**53


def test_commits_are_chained_and_in_one_pull_request_only(world: World) -> None:
    holders: dict[str, set[int]] = {}
    for number in world.outlines:
        pull = world.pull(number)
        parents = [pull.base_sha, *(commit.sha for commit in pull.commits[:-1])]
        if number != world.named["shared_sha_too"]:
            assert [commit.parent for commit in pull.commits] == parents
        for commit in pull.commits:
            holders.setdefault(commit.sha, set()).add(number)
    shared = {frozenset(numbers) for numbers in holders.values() if len(numbers) > 1}
    assert shared == {frozenset((world.named["shared_sha"], world.named["shared_sha_too"]))}


def test_every_case_is_there(world: World) -> None:
    assert set(world.named) == set(NAMES)
    assert len(set(world.named.values())) == len(NAMES)


@pytest.mark.parametrize("pulls", [1, 2, 5, 23])
def test_small_worlds_hold_what_fits(pulls: int) -> None:
    world = World.generate(pulls=pulls, now=NOW)
    assert all(1 <= number <= pulls for number in world.named.values())
    assert len(set(world.named.values())) == len(world.named)
    assert len(bodies(world)) == pulls


def test_a_large_world_is_listed_without_its_histories() -> None:
    world = World.generate(pulls=20_000, now=NOW)
    assert len(world.numbers("all", "updated")) == 20_000
    assert not world._histories


def test_two_repositories_share_their_people_and_nothing_else() -> None:
    first = World.generate(seed=7, pulls=30, now=NOW)
    second = World.generate(seed=8, pulls=30, now=NOW)
    assert first.people == second.people
    assert first.repository.id != second.repository.id
    assert {first.pull(n).id for n in first.outlines}.isdisjoint(second.pull(n).id for n in second.outlines)


def test_some_are_updated_after_their_end(world: World) -> None:
    late = [o for o in world.outlines.values() if o.ended_at and o.updated_at > o.ended_at]
    assert len(late) > len(world.outlines) / 50


def test_a_deleted_fork_is_a_fork() -> None:
    world = World.generate(pulls=600, now=NOW)
    gone = [p for p in map(world.pull, world.outlines) if p.head_repository is None and p.author]
    assert len(gone) > 2
    assert all(pull.head_owner == pull.author for pull in gone)

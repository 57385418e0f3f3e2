from datetime import timedelta

import pytest

from ingest.backfill.rounds import ALL, OPEN, UPDATED, Round, first, following

from .conftest import NOW

CUTOFF = NOW - timedelta(days=90)
HOUR = timedelta(hours=1)


def read(current, pages, newest=NOW):
    for page in range(1, pages + 1):
        current = current.turned(f"page {page + 1}" if page < pages else None, [newest - page * HOUR])
    return current


def test_a_window_ends_with_the_front_of_the_list():
    updated = read(first(CUTOFF), 3)
    assert (updated.name, updated.since) == (UPDATED, CUTOFF)
    old_open = read(following(updated), 1)
    assert (old_open.name, old_open.before) == (OPEN, CUTOFF)
    front = following(old_open)
    assert (front.name, front.since, front.again) == (UPDATED, NOW - HOUR, True)
    assert following(read(front, 1)) is None


def test_the_front_is_read_until_it_takes_one_page():
    front = Round(UPDATED, since=CUTOFF, again=True)
    once_more = following(read(front, 2, newest=NOW))
    assert once_more == Round(UPDATED, since=NOW - HOUR, again=True)
    assert following(read(once_more, 1)) is None


def test_more_rows_of_one_second_than_a_page_holds_are_not_read_for_ever():
    front = Round(UPDATED, since=NOW, again=True)
    for page in ("page 2", None):
        front = front.turned(page, [NOW])
    assert following(front) is None


def test_a_long_list_of_open_ones_is_read_twice():
    once = read(Round(OPEN, before=CUTOFF, newest=NOW), 2)
    twice = following(once)
    assert (twice.name, twice.page, twice.before, twice.again) == (OPEN, None, CUTOFF, True)
    assert following(read(twice, 2)) == Round(UPDATED, since=NOW, again=True)


def test_an_empty_window_keeps_its_bound():
    updated = first(CUTOFF).turned(None, [])
    assert following(read(following(updated), 1)).since == CUTOFF


def test_all_is_one_round():
    assert following(read(first(None), 3)) is None
    assert first(None).name == ALL


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        ({"since": CUTOFF}, [CUTOFF, NOW, None], [CUTOFF - timedelta(seconds=1)]),
        ({"before": CUTOFF}, [CUTOFF - timedelta(seconds=1), None], [CUTOFF, NOW]),
        ({}, [CUTOFF, NOW, None], []),
    ],
)
def test_bounds(bounds, inside, outside):
    current = Round(UPDATED, **bounds)
    assert all(current.wants(time) for time in inside)
    assert not any(current.wants(time) for time in outside)


def test_a_round_survives_its_row():
    current = Round(OPEN, before=CUTOFF, page="https://x/?page=2", pages=1, newest=NOW, again=True)
    assert Round.from_json(current.as_json()) == current

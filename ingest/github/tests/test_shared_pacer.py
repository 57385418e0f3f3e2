"""One budget for all who ask in the same name."""

import heapq
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from ingest.github.pacing import pace_of
from ingest.github.shared_pacer import SharedPacer
from ingest.models import Budget
from tests.laws.examples import examples

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += timedelta(seconds=seconds)


def pacer(clock, points=900.0, key="user:1", **options):
    return SharedPacer(
        lambda: key, {"rest": points, "graphql": points}, clock=clock, sleep=clock.sleep, **options
    )


def simulate(points, workers, seconds):
    """When requests began, in seconds. `workers`: how long each one's requests take, and options."""
    clock, began = Clock(), []
    pacers = [pacer(clock, points, **options) for _, options in workers]
    heap = [(0.0, number) for number in range(len(workers))]
    while heap[0][0] < seconds:
        now, number = heapq.heappop(heap)
        clock.now = START + timedelta(seconds=now)
        wait = pacers[number].attempt("rest")
        if not wait:
            began.append(now)
            wait = workers[number][0]
        heapq.heappush(heap, (now + wait, number))
    return began


def most_in_a_minute(began):
    return max(sum(start <= other < start + 60 for other in began) for start in began)


WORKERS = st.lists(
    st.tuples(
        st.sampled_from([0.001, 0.03, 0.4, 1.9, 2.5, 7.0]),
        st.fixed_dictionaries({"for_people": st.booleans()}),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.django_db
@examples(30)
@given(points=st.sampled_from([1, 6, 29, 30, 90, 200]), workers=WORKERS)
def test_no_minute_sees_more_than_is_allowed_however_many_ask(points, workers):
    Budget.objects.all().delete()
    assert most_in_a_minute(simulate(points, workers, 150)) <= points


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 4])
def test_most_of_what_is_allowed_can_be_used(count):
    began = simulate(900, [(0.02, {})] * count, 70)

    assert 800 < most_in_a_minute(began) <= 900


@pytest.mark.django_db
def test_one_who_asks_slowly_leaves_the_rest_to_others():
    began = simulate(300, [(1.5, {}), (0.01, {})], 70)

    assert 240 < most_in_a_minute(began) <= 300


@pytest.mark.django_db
def test_it_costs_a_few_statements_a_second(django_assert_max_num_queries):
    with django_assert_max_num_queries(5 * 20):
        assert len(simulate(900, [(0.02, {})], 20)) > 250


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("for_people", [False, True])
def test_threads_take_no_point_twice(for_people):
    """All at one instant: nothing but what may be caught up can be given out."""
    clock, together, taken = Clock(), threading.Barrier(6), []

    def work():
        mine = pacer(clock, for_people=for_people)
        try:
            together.wait(10)
            while not mine.attempt("rest"):
                taken.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    pace = pace_of(900)
    assert len(taken) == (pace.most if for_people else pace.burst)
    assert Budget.objects.count() == 1


@pytest.mark.django_db
def test_people_go_before_the_others():
    clock = Clock()
    worker, person = pacer(clock), pacer(clock, for_people=True)
    while not worker.attempt("rest"):
        pass

    assert person.attempt("rest") == 0


@pytest.mark.django_db
def test_accounts_and_resources_have_a_budget_each():
    clock = Clock()
    first = pacer(clock, points=6)
    assert [first.attempt("rest"), first.attempt("graphql")] == [0, 0]
    assert pacer(clock, points=6, key="user:2").attempt("rest") == 0
    assert first.attempt("rest") > 0


@pytest.mark.django_db
def test_points_do_not_keep():
    """Used later, they would come on top of what the others were given meanwhile."""
    clock = Clock()
    mine = pacer(clock, points=900)
    for _ in range(4):
        mine.attempt("rest")
    before = Budget.objects.get().paced_to
    clock.sleep(3)
    mine.attempt("rest")

    assert Budget.objects.get().paced_to > before


@pytest.mark.django_db
def test_no_pace_no_wait():
    clock = Clock()
    mine = pacer(clock, points=None)
    assert {mine.attempt("rest") for _ in range(5000)} == {0}


@pytest.mark.parametrize("points", [0.5, 1, 6, 29, 30, 900, 2000])
def test_pace_leaves_room_for_what_is_caught_up(points):
    pace = pace_of(points)
    in_a_minute = pace.most + 63 * pace.per_second

    assert 1 <= pace.block <= pace.burst <= pace.most
    assert in_a_minute <= points + 1e-3 or pace.most >= points


@pytest.mark.parametrize("points", [0, -1])
def test_pace_is_more_than_nothing(points):
    with pytest.raises(ValueError, match="more than 0"):
        pace_of(points)

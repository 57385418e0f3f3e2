"""The hourly quota and refusals, as all who ask in the same name know them."""

import pickle
from datetime import UTC, datetime, timedelta

import pytest

from ingest.github.client import GitHubClient
from ingest.github.errors import QuotaReserved, RateLimited
from ingest.github.shared_pacer import SharedPacer, reserved
from ingest.models import Budget
from ingest.standin import World, running

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
VIEWER = "{ viewer { login } }"


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def standin(clock):
    with running(World.generate(pulls=1, now=NOW), clock=clock) as standin:
        yield standin


@pytest.fixture
def make(standin, clock):
    """A client with a process of its own behind it, as far as the budget can tell."""

    def client(key="user:1", percent=10, **options):
        pacer = SharedPacer(
            lambda: key, {"rest": None, "graphql": None}, reserve_percent=percent, clock=clock, **options
        )
        return GitHubClient(
            lambda: "token", base_url=standin.url, pacer=pacer, clock=clock, sleep=lambda seconds: None
        )

    return client


def ask(client, times, path="user"):
    for _ in range(times):
        client.get(path)


def test_the_reserve_is_left_to_others(standin, clock, make):
    standin.behaviour.rate_limit = 50
    with make() as client, pytest.raises(QuotaReserved) as caught:
        ask(client, 60)

    assert len(standin.requests) == 45
    assert "10 %" in str(caught.value)
    assert caught.value.reset_at == clock.now + timedelta(hours=1, seconds=1)
    assert not caught.value.secondary


def test_another_process_of_the_same_account_does_not_even_ask(standin, make):
    standin.behaviour.rate_limit = 50
    with make() as client, pytest.raises(QuotaReserved):
        ask(client, 60)
    standin.requests.clear()
    with make() as client, pytest.raises(QuotaReserved):
        client.get("user")
    assert len(standin.requests) == 0

    with make(key="user:2", percent=0) as client:
        client.get("user")
    assert len(standin.requests) == 1


def test_people_may_take_of_the_reserve(standin, make):
    standin.behaviour.rate_limit = 50
    with make() as client, pytest.raises(QuotaReserved):
        ask(client, 60)
    with make(for_people=True) as client:
        ask(client, 5)
        with pytest.raises(RateLimited) as caught:
            client.get("user")

    assert not isinstance(caught.value, QuotaReserved)
    assert standin.requests.by_status[200] == 50


def test_what_others_asked_counts(standin, clock, make):
    """As it is seen by a process that has asked long ago: another took most of the quota meanwhile."""
    standin.behaviour.rate_limit = 50
    with make() as early, make(for_people=True) as other:
        early.get("user")
        clock.now += timedelta(seconds=2)
        ask(other, 30)
        clock.now += timedelta(seconds=2)
        ask(other, 15)
        standin.requests.clear()
        clock.now += timedelta(seconds=2)
        with pytest.raises(QuotaReserved):
            ask(early, 5)

    assert len(standin.requests) == 0


def test_after_the_reset_there_is_new_quota(standin, clock, make):
    standin.behaviour.rate_limit = 50
    with make() as client:
        with pytest.raises(QuotaReserved) as caught:
            ask(client, 60)
        clock.now = caught.value.reset_at
        ask(client, 45)

    assert standin.requests.by_status[200] == 90


def test_each_api_has_a_quota_of_its_own(standin, make):
    standin.behaviour.rate_limit = 50
    with make() as client:
        with pytest.raises(QuotaReserved):
            ask(client, 60)
        client.graphql(VIEWER)

    rest, graphql = (Budget.objects.get(resource=name) for name in ("rest", "graphql"))
    assert (rest.limit, rest.remaining) == (50, 5)
    assert (graphql.limit, graphql.remaining) == (5000, 4999)


@pytest.mark.parametrize("for_people", [False, True])
def test_a_secondary_limit_is_known_to_all_and_for_both_apis(standin, clock, make, for_people):
    standin.behaviour.points_a_minute = 3
    with make() as client, pytest.raises(RateLimited) as caught:
        ask(client, 4)
    standin.requests.clear()

    with make(for_people=for_people) as client:
        for question in (lambda: client.get("user"), lambda: client.graphql(VIEWER)):
            with pytest.raises(RateLimited) as told:
                question()
            assert told.value.reset_at == caught.value.reset_at
            assert (told.value.secondary, told.value.repeats) == (True, 1)
        assert len(standin.requests) == 0
        clock.now = caught.value.reset_at
        client.get("user")


def test_a_shorter_wait_does_not_end_a_longer_one(standin, clock, make):
    standin.behaviour.points_a_minute = 1
    standin.behaviour.retry_after = 300
    with make() as first, make() as late:
        first.get("user")
        late._pacer._purse("rest")
        with pytest.raises(RateLimited) as caught:
            first.get("user")
        late._pacer.refused("rest", RateLimited(clock.now + timedelta(seconds=60), secondary=True))

    assert Budget.objects.get(resource="rest").refused_until == caught.value.reset_at


def test_a_host_without_limits(standin, make):
    standin.behaviour.rate_limit_off = True
    with make() as client:
        ask(client, 100)

    assert Budget.objects.get().limit is None


def test_the_quota_of_another_resource_is_not_taken_for_ours(standin, clock, make):
    with make() as client:
        answer = client.get("user")
        client._pacer.told("graphql", answer)

    assert not Budget.objects.filter(resource="graphql").exists()


@pytest.mark.parametrize(("limit", "percent", "left"), [(5000, 10, 500), (9, 10, 0), (5000, 0, 0)])
def test_reserve_of_a_quota(limit, percent, left):
    assert reserved(limit, percent) == left


def test_the_error_survives_pickling():
    error = pickle.loads(pickle.dumps(QuotaReserved(NOW, 10)))

    assert (error.reset_at, str(error)) == (NOW, str(QuotaReserved(NOW, 10)))

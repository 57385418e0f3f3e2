import itertools

import pytest

from ingest.github.client import GitHubClient
from ingest.github.errors import Unavailable
from ingest.github.pacing import Pacer, requests_per_second


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_requests_are_evenly_spaced():
    clock = Clock()
    pacer = Pacer(15, clock=clock, sleep=clock.sleep)
    starts = []
    for _ in range(1801):
        pacer.wait()
        starts.append(clock.now)

    assert starts[0] == 100.0
    assert all(starts[n + 900] - starts[n] >= 60 - 1e-6 for n in range(901))


def test_slow_requests_do_not_wait():
    clock = Clock()
    pacer = Pacer(15, clock=clock, sleep=lambda seconds: pytest.fail("waited"))
    for _ in range(3):
        pacer.wait()
        clock.now += 1


def test_time_that_was_not_used_is_not_saved_up():
    clock = Clock()
    pacer = Pacer(10, clock=clock, sleep=clock.sleep)
    pacer.wait()
    clock.now += 60
    pacer.wait()
    pacer.wait()

    assert clock.now == pytest.approx(160.1)


def test_no_pace():
    pacer = Pacer(None, sleep=lambda seconds: pytest.fail("waited"))
    for _ in range(100):
        pacer.wait()


@pytest.mark.parametrize("per_second", [0, -1])
def test_pace_is_more_than_nothing(per_second):
    with pytest.raises(ValueError, match="more than 0"):
        Pacer(per_second)


@pytest.mark.parametrize(
    ("base_url", "pace"),
    [
        ("https://api.github.com", 15),
        ("https://api.octocorp.ghe.com", 15),
        ("https://github.example.com/api/v3", None),
        ("http://127.0.0.1:8000", None),
    ],
)
def test_pace_of_an_address(base_url, pace):
    assert requests_per_second(base_url) == pace


def test_client_paces_attempts_and_redirects_too(responses):
    api = "https://api.github.com"
    responses.get(f"{api}/old", status=301, headers={"Location": f"{api}/new"})
    responses.get(f"{api}/new", status=502)
    clock = Clock()
    began = []

    class Noting(Pacer):
        def wait(self, resource):
            super().wait(resource)
            began.append(clock.now)

    client = GitHubClient(
        lambda: "ghp_example",
        pacer=Noting(15, clock=clock, sleep=clock.sleep),
        sleep=lambda seconds: None,
    )
    with pytest.raises(Unavailable):
        client.get("/old")

    assert len(began) == 6
    assert all(later - earlier >= 1 / 15 - 1e-9 for earlier, later in itertools.pairwise(began))

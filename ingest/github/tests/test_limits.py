from datetime import UTC, datetime, timedelta

import pytest
from requests.structures import CaseInsensitiveDict

from ingest.github.limits import Rate, read_date, read_limit, read_rate
from ingest.github.tests.conftest import NOW


def limit(status=403, message="", repeats=0, **headers):
    return read_limit(
        status,
        CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()}),
        message,
        now=NOW,
        repeats=repeats,
    )


def test_rate_of_an_answer():
    headers = CaseInsensitiveDict(
        {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": "4999",
            "X-RateLimit-Used": "1",
            "X-RateLimit-Reset": "1767225600",
            "X-RateLimit-Resource": "graphql",
        }
    )
    assert read_rate(headers) == Rate(5000, 4999, 1, datetime(2026, 1, 1, tzinfo=UTC), "graphql")


@pytest.mark.parametrize("reset", ["", "soon", "1507651200000", "9" * 40])
def test_reset_that_cannot_be_is_unknown(reset):
    rate = read_rate({"x-ratelimit-limit": "60", "x-ratelimit-remaining": "9", "x-ratelimit-reset": reset})

    assert rate == Rate(60, 9, 51, None, "core")


@pytest.mark.parametrize("headers", [{}, {"x-ratelimit-limit": "60"}, {"x-ratelimit-remaining": "x"}])
def test_no_rate_without_limits(headers):
    assert read_rate(headers) is None


@pytest.mark.parametrize("status", [401, 404, 500])
def test_other_statuses_are_no_limit(status):
    assert limit(status, "secondary rate limit", retry_after="60") is None


def test_plain_403_is_no_limit():
    assert limit(message="Resource not accessible", x_ratelimit_remaining="4000") is None


def test_quota_without_a_readable_reset_waits_a_minute():
    found = limit(x_ratelimit_remaining="0")

    assert found.wait == timedelta(minutes=1)
    assert not found.secondary


def test_later_of_reset_and_retry_after():
    reset = str(int(NOW.timestamp()) + 300)
    found = limit(x_ratelimit_remaining="0", x_ratelimit_reset=reset, retry_after="60")

    assert found.wait == timedelta(seconds=301)
    assert found.secondary


def test_reset_in_the_past_does_not_ask_at_once():
    assert limit(x_ratelimit_remaining="0", x_ratelimit_reset="1").wait == timedelta(seconds=1)


def test_retry_after_as_a_date():
    assert limit(429, retry_after="Sun, 01 Mar 2026 12:02:00 GMT").wait == timedelta(minutes=2)


@pytest.mark.parametrize("message", ["You have exceeded a secondary rate limit", "abuse detection mechanism"])
def test_secondary_limit_by_its_words(message):
    assert limit(message=message).secondary


def test_secondary_wait_is_bounded():
    assert limit(429, repeats=1000).wait == timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sun, 01 Mar 2026 12:00:00 GMT", NOW),
        ("Sun, 01 Mar 2026 14:00:00 +0200", NOW),
        ("Sun, 01 Mar 2026 12:00:00 -0000", NOW),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(text, moment):
    assert read_date(text) == moment

"""Each refusal of GitHub is the error that its handler decides on."""

import pickle
from datetime import timedelta

import pytest

from ingest.github import errors
from ingest.github.tests.conftest import NOW

API = "https://api.github.com"
HTTP_NOW = "Sun, 01 Mar 2026 12:00:00 GMT"


def refused(make_client, responses, status, text="", **headers):
    """The error for one answer of this status; `text` is GitHub's message."""
    responses.get(
        f"{API}/repos/o/r",
        status=status,
        json={"message": text},
        headers={"Date": HTTP_NOW, "X-GitHub-Request-Id": "AB:CD", **headers},
    )
    with pytest.raises(errors.GitHubError) as caught:
        make_client(API).get("/repos/o/r")
    return caught.value


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (401, "Bad credentials", errors.CredentialRevoked),
        (403, "Resource not accessible by integration", errors.Forbidden),
        (403, "Resource protected by organization SAML enforcement.", errors.Forbidden),
        (404, "Not Found", errors.NotFoundOrNoPermission),
        (409, "Git Repository is empty.", errors.EmptyRepository),
        (410, "Issues are disabled for this repo", errors.Disabled),
        (451, "Repository access blocked", errors.Blocked),
        (500, "Server Error", errors.Unavailable),
        (400, "Problems parsing JSON", errors.UnexpectedAnswer),
        (422, "Validation Failed", errors.UnexpectedAnswer),
        (202, "", errors.UnexpectedAnswer),
    ],
)
def test_status_decides(make_client, responses, status, text, kind):
    error = refused(make_client, responses, status, text)

    assert type(error) is kind
    assert error.status == status
    assert error.url == f"{API}/repos/o/r"
    assert error.request_id == "AB:CD"
    assert f"{API}/repos/o/r" in str(error)
    assert str(error).endswith(".")


def test_forbidden_carries_github_s_reason(make_client, responses):
    assert (
        refused(make_client, responses, 403, "Resource not accessible").message == "Resource not accessible"
    )


def test_reason_in_html_is_left_out(make_client, responses):
    responses.get(f"{API}/repos/o/r", status=403, body="<html>", content_type="text/html")
    with pytest.raises(errors.Forbidden) as caught:
        make_client(API).get("/repos/o/r")

    assert caught.value.message == ""


@pytest.mark.parametrize("status", [403, 429])
def test_quota_used_up(make_client, responses, status):
    reset = str(int(NOW.timestamp()) + 1800)
    error = refused(
        make_client, responses, status, "API rate limit exceeded",
        **{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset, "X-RateLimit-Limit": "5000"},
    )  # fmt: skip

    assert type(error) is errors.RateLimited
    assert not error.secondary
    assert error.reset_at == NOW + timedelta(seconds=1801)


def test_reset_is_counted_from_github_s_clock(make_client, responses):
    # Our clock is an hour behind: by the header alone we would wait an hour too long.
    reset = str(int(NOW.timestamp()) + 3600 + 60)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    error = refused(make_client, responses, 403, Date="Sun, 01 Mar 2026 13:00:00 GMT", **headers)

    assert error.reset_at == NOW + timedelta(seconds=61)


@pytest.mark.parametrize("status", [403, 429])
def test_retry_after(make_client, responses, status):
    error = refused(make_client, responses, status, **{"Retry-After": "17"})

    assert error.secondary
    assert error.reset_at == NOW + timedelta(seconds=17)


def test_secondary_waits_grow_until_an_answer_comes(make_client, responses):
    url = f"{API}/user"
    limited = {"status": 403, "json": {"message": "You have exceeded a secondary rate limit."}}
    for _ in range(3):
        responses.get(url, **limited)
    responses.get(url, json={})
    responses.get(url, **limited)
    client = make_client(API)

    def wait():
        with pytest.raises(errors.RateLimited) as caught:
            client.get("/user")
        assert caught.value.secondary
        return caught.value.reset_at - NOW, caught.value.repeats

    waits = [wait(), wait(), wait()]
    client.get("/user")
    waits.append(wait())

    minute = timedelta(minutes=1)
    assert waits == [(minute, 1), (2 * minute, 2), (4 * minute, 3), (minute, 1)]


def test_secondary_waits_go_on_growing_in_a_later_client(make_client, responses):
    responses.get(f"{API}/user", status=429, json={})
    with pytest.raises(errors.RateLimited) as caught:
        make_client(API, secondary_repeats=2).get("/user")

    assert caught.value.reset_at == NOW + timedelta(minutes=4)
    assert caught.value.repeats == 3


@pytest.mark.parametrize(
    "error",
    [
        errors.RateLimited(NOW, secondary=True, repeats=2, url="https://api.github.com/user", status=403),
        errors.Forbidden("No.", message="SAML", url="https://api.github.com/user", status=403),
        errors.Truncated("Cut.", url="https://api.github.com/user", request_id="AB:CD"),
    ],
)
def test_errors_leave_a_worker_whole(error):
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)

"""What the stand-in does wrong on purpose."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.client import IncompleteRead, RemoteDisconnected
from time import monotonic
from typing import Any

import pytest

from ingest.standin import Standin, World, running

from .client import get, pages
from .conftest import Clock

PULLS = "/repos/acme/rocket/pulls"
Behaving = Callable[..., AbstractContextManager[Standin]]


@pytest.fixture
def behaving(world: World, clock: Clock) -> Behaving:
    def start(**behaviour: Any) -> AbstractContextManager[Standin]:
        return running(world, clock=clock, **behaviour)

    return start


def test_an_unknown_switch_is_refused(behaving: Behaving) -> None:
    with pytest.raises(TypeError), behaving(rate_limits=1):
        pass


@pytest.mark.parametrize("status", [403, 429])
def test_primary_limit(behaving: Behaving, clock: Clock, status: int) -> None:
    with behaving(rate_limit=2, rate_limit_status=status) as standin:
        left = [get(standin.url, "/user").headers["x-ratelimit-remaining"] for _ in range(2)]
        assert left == ["1", "0"]
        refused = get(standin.url, "/user")
        assert (refused.status, refused.headers["x-ratelimit-remaining"]) == (status, "0")
        assert "rate limit exceeded" in refused.json["message"]
        assert "retry-after" not in refused.headers
        assert get(standin.url, "/user", token="another").status == 200
        clock.forward(int(refused.headers["x-ratelimit-reset"]) - clock.now.timestamp())
        assert get(standin.url, "/user").status == 200


def test_asking_for_the_limit_is_free(behaving: Behaving) -> None:
    with behaving(rate_limit=1) as standin:
        assert get(standin.url, "/rate_limit").json["rate"]["used"] == 0
        assert get(standin.url, "/user").status == 200
        rate = get(standin.url, "/rate_limit")
        assert (rate.status, rate.json["resources"]["core"]["remaining"]) == (200, 0)
        assert rate.json["rate"]["used"] == 1


def test_no_limits_as_on_enterprise_server(behaving: Behaving) -> None:
    with behaving(rate_limit=1, rate_limit_off=True) as standin:
        answers = [get(standin.url, "/user") for _ in range(3)]
        assert {answer.status for answer in answers} == {200}
        assert not any(name.startswith("x-ratelimit") for name in answers[-1].headers)
        assert get(standin.url, "/rate_limit").status == 404


@pytest.mark.parametrize("status", [403, 429])
def test_secondary_limit(behaving: Behaving, clock: Clock, status: int) -> None:
    with behaving(points_a_minute=2, secondary_status=status, retry_after=90) as standin:
        assert [get(standin.url, "/user").status for _ in range(3)] == [200, 200, status]
        refused = get(standin.url, "/user")
        assert refused.headers["retry-after"] == "90"
        assert refused.headers["x-ratelimit-remaining"] != "0"
        assert "secondary rate limit" in refused.json["message"]
        clock.forward(89)
        assert get(standin.url, "/user").status == status
        clock.forward(1)
        assert get(standin.url, "/user").status == 200


def test_secondary_limit_without_retry_after(behaving: Behaving, clock: Clock) -> None:
    with behaving(points_a_minute=1, retry_after=None) as standin:
        get(standin.url, "/user")
        assert "retry-after" not in get(standin.url, "/user").headers
        clock.forward(60)
        assert get(standin.url, "/user").status == 200


def test_slow_requests_stay_under_the_secondary_limit(behaving: Behaving, clock: Clock) -> None:
    with behaving(points_a_minute=2) as standin:
        for _ in range(6):
            assert get(standin.url, "/user").status == 200
            clock.forward(30)


def test_every_kth_answer_is_an_error(behaving: Behaving) -> None:
    with behaving(error_every=2) as standin:
        statuses = [get(standin.url, "/user").status for _ in range(10)]
    assert statuses == [200, 500, 200, 502, 200, 503, 200, 504, 200, 500]


def test_every_kth_connection_is_dropped(behaving: Behaving) -> None:
    with behaving(drop_every=2) as standin:
        assert get(standin.url, "/user").status == 200
        with pytest.raises(RemoteDisconnected):
            get(standin.url, "/user")
        assert get(standin.url, "/user").status == 200
        assert standin.requests.count("user", 0) == 1


def test_every_kth_body_is_cut(behaving: Behaving) -> None:
    with behaving(cut_every=2) as standin:
        get(standin.url, "/user")
        with pytest.raises(IncompleteRead):
            get(standin.url, "/user")


def test_switches_may_be_set_while_it_runs(standin: Standin) -> None:
    assert get(standin.url, "/user").status == 200
    standin.behaviour.error_every = 1
    assert get(standin.url, "/user").status == 500
    standin.behaviour.error_every = 0
    assert get(standin.url, "/user").status == 200


def test_latency(behaving: Behaving) -> None:
    with behaving(latency=0.05) as standin:
        start = monotonic()
        get(standin.url, "/user")
        assert monotonic() - start >= 0.05


def test_compression(behaving: Behaving) -> None:
    with behaving(compress=True) as standin:
        got = get(standin.url, "/user", Accept_Encoding="gzip, deflate")
        assert got.headers["content-encoding"] == "gzip"
        assert json.loads(gzip.decompress(got.body)) == get(standin.url, "/user").json


@pytest.mark.parametrize(
    ("switch", "status", "message"),
    [
        ("hidden", 404, "Not Found"),
        ("forbidden", 403, "Resource not accessible by personal access token"),
        ("saml", 403, "Resource protected by organization SAML enforcement"),
        ("blocked", 451, "Repository access blocked"),
        ("disabled", 410, "Repository has been disabled"),
    ],
)
def test_what_became_of_the_repository(behaving: Behaving, switch: str, status: int, message: str) -> None:
    with behaving(**{switch: True}) as standin:
        for path in (PULLS, PULLS + "/5", PULLS + "/5/reviews", PULLS + "/5/commits"):
            got = get(standin.url, path)
            assert got.status == status
            assert got.json["message"].startswith(message)
        # A token without the right to read pull requests may still see the repository.
        assert get(standin.url, "/repos/acme/rocket").status == (200 if switch == "forbidden" else status)


def test_saml_names_the_place_to_sign_in(behaving: Behaving) -> None:
    with behaving(saml=True) as standin:
        assert get(standin.url, PULLS).headers["x-github-sso"].startswith("required; url=")
        assert get(standin.url, "/orgs/acme/members").status == 403
        assert get(standin.url, "/user").status == 200


def test_an_empty_repository(behaving: Behaving) -> None:
    with behaving(empty=True) as standin:
        assert get(standin.url, PULLS + "?state=all").json == []
        assert get(standin.url, PULLS + "/5/commits").status == 409
        assert get(standin.url, PULLS + "/5").status == 404


def test_a_hidden_repository_is_in_no_list(behaving: Behaving) -> None:
    with behaving(hidden=True) as standin:
        assert get(standin.url, "/orgs/acme/repos").json == []


def test_a_hidden_repository_does_not_tell_its_new_name(behaving: Behaving, world: World) -> None:
    world.rename("rocket-two")
    with behaving(hidden=True) as standin:
        assert get(standin.url, PULLS).status == 404


def test_a_token_is_revoked_after_some_requests(behaving: Behaving) -> None:
    with behaving(revoke_after=2) as standin:
        assert [get(standin.url, "/user").status for _ in range(4)] == [200, 200, 401, 401]
        assert get(standin.url, "/user", token="new").status == 401  # every token asked with dies
        standin.behaviour.revoke_after = 0
        assert get(standin.url, "/user", token="newer").status == 200


def test_rows_shift_between_pages(behaving: Behaving, world: World) -> None:
    asked = PULLS + "?state=all&sort=updated&direction=desc&per_page=100"
    with behaving(shift_rows=1) as standin:
        seen = [item["number"] for page in pages(standin.url, asked) for item in page.json]
    missed = set(world.outlines) - set(seen)
    twice = {number for number in seen if seen.count(number) > 1}
    assert len(missed) == 2  # one for each page after the first: they were updated and are on top now
    assert len(twice) == 2
    assert set(world.numbers("all", "updated", "desc")[:2]) == missed


def test_a_list_by_creation_does_not_shift(behaving: Behaving, world: World) -> None:
    asked = PULLS + "?state=all&sort=created&direction=asc&per_page=100"
    with behaving(shift_rows=1) as standin:
        seen = [item["number"] for page in pages(standin.url, asked) for item in page.json]
    assert seen == list(world.outlines)

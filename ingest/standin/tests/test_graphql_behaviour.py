"""What goes wrong with GraphQL, each as GitHub says it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from http.client import HTTPException
from typing import Any

import pytest

from ingest.standin import Standin, World, running

from .asking import query, repository
from .conftest import Clock

VIEWER = "{ viewer { login } }"
NAME = '{ repository(owner: "acme", name: "rocket") { nameWithOwner } }'
LIST = '{ repository(owner: "acme", name: "rocket") { name pullRequests(first: 5) { nodes { number } } } }'

Behaving = Callable[..., AbstractContextManager[Standin]]


@pytest.fixture
def behaving(world: World, clock: Clock) -> Behaving:
    return lambda **behaviour: running(world, clock=clock, **behaviour)


def nodes(standin: Standin, size: int = 5, fields: str = "number") -> Any:
    text = f"pullRequests(first: {size}) {{ nodes {{ {fields} }} }}"
    return query(standin, f'{{ repository(owner: "acme", name: "rocket") {{ {text} }} }}').json


def test_a_token_that_is_absent_or_revoked(standin: Standin) -> None:
    standin.behaviour.revoked.add("old")
    assert query(standin, VIEWER, token=None).status == 401
    assert query(standin, VIEWER, token="old").json["message"] == "Bad credentials"


def test_a_query_that_is_too_heavy(behaving: Behaving) -> None:
    with behaving(heavy_nodes=50) as standin:
        statuses = [query(standin, LIST.replace("5", "51")).status for _ in range(3)]
        assert statuses == [502, 504, 502]
        assert query(standin, LIST.replace("5", "50")).status == 200
        assert standin.limits.account("t0ken", standin.clock(), "graphql").used == 4  # failing costs as well


def test_every_third_query_fails(behaving: Behaving) -> None:
    with behaving(graphql_error_every=3) as standin:
        assert [query(standin, VIEWER).status for _ in range(6)] == [200, 200, 502, 200, 200, 502]


def test_a_pull_request_is_null_until_its_turns_are_over(behaving: Behaving) -> None:
    with behaving(null_pulls={2: 1}) as standin:
        got = nodes(standin)
        assert got["data"]["repository"]["pullRequests"]["nodes"][:3] == [{"number": 1}, None, {"number": 3}]
        (error,) = got["errors"]
        assert error["path"] == ["repository", "pullRequests", "nodes", 1]
        assert "Something went wrong" in error["message"]
        assert "errors" not in nodes(standin)


def test_the_reviews_of_one_are_null(behaving: Behaving) -> None:
    with behaving(null_reviews={3: 1}) as standin:
        got = nodes(standin, 4, "number reviews(first: 1) { totalCount }")
        found = got["data"]["repository"]["pullRequests"]["nodes"]
        assert [node["number"] for node in found if node["reviews"] is None] == [3]
        assert [error["path"] for error in got["errors"]] == [
            ["repository", "pullRequests", "nodes", 2, "reviews"]
        ]


def test_too_much_for_githubs_resources(behaving: Behaving) -> None:
    with behaving(scarce_nodes=3) as standin:
        got = nodes(standin, 4)
        assert got["data"]["repository"]["pullRequests"]["nodes"] == [None] * 4
        assert {error["type"] for error in got["errors"]} == {"RESOURCE_LIMITS_EXCEEDED"}
        assert "errors" not in nodes(standin, 3)


@pytest.mark.parametrize("name", ["rocket", "elsewhere"])
def test_a_repository_that_may_not_be_seen_is_not_there(behaving: Behaving, name: str) -> None:
    with behaving(hidden=name == "rocket") as standin:
        got = query(standin, f'{{ repository(owner: "acme", name: "{name}") {{ name }} }}')
        assert got.status == 200
        assert got.body.startswith(
            b'{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","path":["repository"],'
        )
        assert f"Repository with the name 'acme/{name}'" in got.json["errors"][0]["message"]


def test_a_number_that_nobody_has(standin: Standin) -> None:
    got = query(
        standin, '{ repository(owner: "acme", name: "rocket") { pullRequest(number: 999) { id } } }'
    ).json
    assert got["data"] == {"repository": {"pullRequest": None}}
    assert (got["errors"][0]["type"], got["errors"][0]["path"]) == (
        "NOT_FOUND",
        ["repository", "pullRequest"],
    )


def test_a_former_name_is_followed_unless_somebody_else_has_it(
    standin: Standin, world: World, clock: Clock
) -> None:
    world.rename("rocket-two")
    assert repository(standin, "nameWithOwner databaseId") == {
        "nameWithOwner": "acme/rocket-two",
        "databaseId": world.repository.id,
    }
    unfollowed = 'repository(owner: "acme", name: "rocket", followRenames: false) { name }'
    assert query(standin, f"{{ {unfollowed} }}").json["errors"][0]["type"] == "NOT_FOUND"
    taker = World.generate(seed=8, pulls=5, now=world.now)
    standin.worlds.append(taker)
    assert repository(standin, "nameWithOwner pullRequests { totalCount }") == {
        "nameWithOwner": "acme/rocket",
        "pullRequests": {"totalCount": 5},
    }


def test_no_right_to_read_pull_requests(behaving: Behaving) -> None:
    with behaving(forbidden=True) as standin:
        assert "errors" not in query(standin, NAME).json
        got = query(standin, LIST).json
        assert got["data"] == {"repository": None}
        assert got["errors"][0]["type"] == "FORBIDDEN"
        assert got["errors"][0]["path"] == ["repository", "pullRequests"]
        assert got["errors"][0]["extensions"] == {"saml_failure": False}


def test_single_sign_on(behaving: Behaving) -> None:
    with behaving(saml=True) as standin:
        got = query(standin, NAME)
        assert got.headers["x-github-sso"].startswith("required; url=")
        assert got.json["errors"][0]["extensions"] == {"saml_failure": True}
        assert query(standin, VIEWER).status == 200


@pytest.mark.parametrize("switch", ["blocked", "disabled"])
def test_repositories_that_are_closed_to_all(behaving: Behaving, switch: str) -> None:
    with behaving(**{switch: True}) as standin:
        got = query(standin, NAME).json
        assert (got["data"], got["errors"][0]["type"]) == ({"repository": None}, "FORBIDDEN")


def test_an_empty_repository(behaving: Behaving) -> None:
    with behaving(empty=True) as standin:
        got = repository(
            standin, "isEmpty defaultBranchRef { name } pullRequests(first: 9) { nodes { id } totalCount }"
        )
        assert got == {
            "isEmpty": True,
            "defaultBranchRef": None,
            "pullRequests": {"nodes": [], "totalCount": 0},
        }


def test_what_befalls_every_request(behaving: Behaving) -> None:
    with behaving(error_every=2, errors=(500,)) as standin:
        assert [query(standin, VIEWER).status for _ in range(2)] == [200, 500]
    for switch in ("drop_every", "cut_every"):
        with behaving(**{switch: 1}) as standin, pytest.raises((HTTPException, ConnectionError)):
            query(standin, VIEWER)


def test_how_many_are_under_way_at_once(standin: Standin) -> None:
    for _ in range(3):
        query(standin, VIEWER)
    requests = standin.requests
    assert requests.most_at_once == 1
    with requests.under_way("one"), requests.under_way("another"), requests.under_way("one"):
        query(standin, VIEWER, token="one")
    assert requests.most_at_once == 3

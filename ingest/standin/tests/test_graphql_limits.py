"""What a query costs, and the two limits that GraphQL does not share with REST."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.standin import Standin, World, running

from .asking import query
from .client import ask, get
from .conftest import NOW, Clock

VIEWER = "{ viewer { login } }"
RATE = "rateLimit { cost limit nodeCount remaining resetAt used }"


def priced(standin: Standin, fields: str) -> dict[str, Any]:
    text = f'{{ {RATE} repository(owner: "acme", name: "rocket") {{ {fields} }} }}'
    rate: dict[str, Any] = query(standin, text).json["data"]["rateLimit"]
    return rate


@pytest.mark.parametrize(
    ("fields", "nodes", "cost"),
    [
        ("name", 0, 1),
        ("pullRequests(first: 50) { nodes { number } }", 50, 1),
        # 1 + 50 + 50 * 10 requests
        (
            "pullRequests(first: 50) { nodes { commits(first: 10) { nodes { commit { parents(first: 2)"
            " { nodes { oid } } } } } } }",
            50 + 50 * 10 + 50 * 10 * 2,
            6,
        ),
        # 1 + 100 + 100 + 100: two aliases are two connections
        (
            "pullRequests(first: 100) { nodes { reviews(first: 9) { totalCount }"
            " labels(first: 1) { totalCount } more: labels(first: 2) { totalCount } } }",
            100 + 100 * 9 + 100 * 1 + 100 * 2,
            3,
        ),
        # named twice, it is one connection
        (
            "pullRequests(first: 100) { nodes { labels(first: 1) { totalCount } }"
            " nodes { labels(first: 1) { nodes { name } } } }",
            200,
            1,
        ),
        ("pullRequests { totalCount }", 0, 1),
        ("pullRequests(first: 10) { nodes { labels(first: 5) @skip(if: true) { totalCount } } }", 10, 1),
        (
            "pullRequests(first: 10) { nodes { ... on PullRequest { labels(first: 5) { totalCount } } } }",
            60,
            1,
        ),
    ],
)
def test_nodes_and_cost(standin: Standin, fields: str, nodes: int, cost: int) -> None:
    rate = priced(standin, fields)
    assert (rate["nodeCount"], rate["cost"]) == (nodes, cost)


def test_a_size_in_a_variable_and_a_fragment(standin: Standin) -> None:
    text = (
        'query($size: Int!) { rateLimit { nodeCount } repository(owner: "acme", name: "rocket")'
        " { pullRequests(first: $size) { nodes { ...facts } } } }"
        " fragment facts on PullRequest { labels(first: $size) { totalCount } }"
    )
    assert query(standin, text, size=20).json["data"]["rateLimit"]["nodeCount"] == 20 + 20 * 20


def test_points_are_counted_apart_from_rests_requests(standin: Standin) -> None:
    get(standin.url, "/user")
    nested = "labels(first: 1) { totalCount } reviews(first: 1) { totalCount }"
    rate = priced(standin, f"pullRequests(first: 100) {{ nodes {{ {nested} }} }}")
    assert (rate["cost"], rate["used"], rate["remaining"], rate["limit"]) == (2, 2, 4998, 5000)
    got = query(standin, VIEWER)
    assert {key: got.headers[f"x-ratelimit-{key}"] for key in ("limit", "used", "remaining", "resource")} == {
        "limit": "5000",
        "used": "3",
        "remaining": "4997",
        "resource": "graphql",
    }
    resources = get(standin.url, "/rate_limit").json["resources"]
    assert (resources["core"]["used"], resources["graphql"]["used"]) == (1, 3)
    assert int(got.headers["x-ratelimit-reset"]) == resources["graphql"]["reset"]


@pytest.mark.parametrize("type_", ["RATE_LIMITED", "RATE_LIMIT"])
def test_beyond_the_quota_the_answer_is_200_with_an_error(world: World, clock: Clock, type_: str) -> None:
    with running(world, clock=clock, graphql_rate_limit=2, graphql_rate_limit_type=type_) as standin:
        assert ["errors" in query(standin, VIEWER).json for _ in range(3)] == [False, False, True]
        got = query(standin, VIEWER)
        assert (got.status, got.json["errors"][0]["type"]) == (200, type_)
        assert "data" not in got.json
        assert (got.headers["x-ratelimit-remaining"], got.headers["x-ratelimit-used"]) == ("0", "2")
        assert "errors" not in query(standin, VIEWER, token="another").json
        assert get(standin.url, "/user").status == 200
        clock.forward(3600)
        assert "errors" not in query(standin, VIEWER).json


def test_rest_beyond_its_quota_leaves_graphql_alone(world: World, clock: Clock) -> None:
    with running(world, clock=clock, rate_limit=1) as standin:
        assert [get(standin.url, "/user").status for _ in range(2)] == [200, 403]
        assert "errors" not in query(standin, VIEWER).json


def test_without_limits_there_is_no_rate_limit_object(world: World) -> None:
    with running(world, rate_limit_off=True, graphql_rate_limit=0) as standin:
        got = query(standin, "{ rateLimit { cost } }")
        assert got.json == {"data": {"rateLimit": None}}
        assert "x-ratelimit-limit" not in got.headers


def test_points_a_minute(world: World, clock: Clock) -> None:
    with running(world, clock=clock, graphql_points_a_minute=3, points_a_minute=2) as standin:
        assert [query(standin, VIEWER).status for _ in range(4)] == [200, 200, 200, 403]
        got = query(standin, VIEWER)
        assert "secondary rate limit" in got.json["message"]
        assert got.headers["retry-after"] == "60"
        assert [get(standin.url, "/user").status for _ in range(3)] == [200, 200, 403]
        assert query(standin, VIEWER, token="another").status == 200
        clock.forward(60)
        assert query(standin, VIEWER).status == 200


def test_a_change_costs_five_points(world: World, clock: Clock) -> None:
    with running(world, clock=clock, points_a_minute=11) as standin:
        hooks = f"{standin.url}/repos/acme/rocket/hooks"
        statuses = [ask("POST", hooks, {}).status for _ in range(3)]
        assert statuses == [422, 422, 403]
        assert standin.requests.busiest_minute() == 15


def test_the_busiest_minute(standin: Standin, clock: Clock) -> None:
    for seconds, times in ((0, 3), (40, 4), (59, 1), (60, 5), (200, 2)):
        clock.now = NOW
        clock.forward(seconds)
        for _ in range(times):
            query(standin, VIEWER)
    clock.forward(500)
    for _ in range(6):
        get(standin.url, "/user", token="another")
    requests = standin.requests
    assert requests.busiest_minute("graphql") == 4 + 1 + 5  # from second 40 to 60: those of second 0 are over
    assert (requests.busiest_minute("core"), requests.busiest_minute("core", "t0ken")) == (6, 0)

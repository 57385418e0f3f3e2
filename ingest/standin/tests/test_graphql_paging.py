"""Pages of GraphQL: what they must name, how they go on, and what moves between them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ingest.standin import Standin, World

from .asking import query, repository

NEWEST = "orderBy: { field: UPDATED_AT, direction: DESC }"
OLDEST = "orderBy: { field: UPDATED_AT, direction: ASC }"
CREATED = "orderBy: { field: CREATED_AT, direction: ASC }"


def read(standin: Standin, arguments: str, size: int = 100) -> list[int]:
    """The numbers of all pages, as they come."""
    found: list[int] = []
    cursor = "null"
    while True:
        page = repository(
            standin,
            f"pullRequests(first: {size}, after: {cursor}, {arguments})"
            " { totalCount pageInfo { hasNextPage endCursor } nodes { number } }",
        )["pullRequests"]
        found += [node["number"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        cursor = f'"{page["pageInfo"]["endCursor"]}"'


def first_error(standin: Standin, fields: str) -> dict[str, Any]:
    error: dict[str, Any] = query(
        standin, f'{{ repository(owner: "acme", name: "rocket") {{ {fields} }} }}'
    ).json["errors"][0]
    return error


@pytest.mark.parametrize("size", [7, 100])
def test_pages_of_any_size_hold_each_once_and_in_order(standin: Standin, world: World, size: int) -> None:
    numbers = world.numbers("all", "updated", "desc")
    assert read(standin, NEWEST, size) == numbers
    assert read(standin, OLDEST, size) == numbers[::-1]
    assert read(standin, CREATED, size) == list(world.outlines)


def test_without_an_order_the_oldest_come_first(standin: Standin, world: World) -> None:
    got = repository(standin, "pullRequests(first: 3) { nodes { number } }")
    assert [node["number"] for node in got["pullRequests"]["nodes"]] == [1, 2, 3]


def test_states_are_three(standin: Standin, world: World) -> None:
    states = ("OPEN", "CLOSED", "MERGED")
    found = {state: set(read(standin, f"{CREATED}, states: [{state}]")) for state in states}
    assert found["OPEN"] == set(world.numbers("open"))
    assert found["CLOSED"] | found["MERGED"] == set(world.numbers("closed"))
    assert world.named["closed"] in found["CLOSED"]
    assert world.named["late_merge"] in found["MERGED"]
    assert set(read(standin, f"{CREATED}, states: [OPEN, CLOSED]")) == found["OPEN"] | found["CLOSED"]


def test_backwards(standin: Standin, world: World) -> None:
    fields = "pageInfo { hasPreviousPage startCursor } nodes { number }"
    got = repository(standin, f"pullRequests(last: 2, {CREATED}) {{ {fields} }}")["pullRequests"]
    assert [node["number"] for node in got["nodes"]] == [239, 240]
    assert got["pageInfo"]["hasPreviousPage"]
    before = got["pageInfo"]["startCursor"]
    more = f'pullRequests(last: 2, before: "{before}", {CREATED})'
    got = repository(standin, f"{more} {{ {fields} }}")["pullRequests"]
    assert [node["number"] for node in got["nodes"]] == [237, 238]


def test_edges_hold_a_cursor_each(standin: Standin, world: World) -> None:
    fields = "edges { cursor node { number } }"
    edges = repository(standin, f"pullRequests(first: 3, {CREATED}) {{ {fields} }}")["pullRequests"]["edges"]
    after = edges[1]["cursor"]
    more = repository(standin, f'pullRequests(first: 1, after: "{after}", {CREATED}) {{ {fields} }}')
    assert more["pullRequests"]["edges"] == [edges[2]]


def test_a_nested_list_goes_on(standin: Standin, world: World) -> None:
    number = world.named["many_commits"]

    def page(after: str) -> Any:
        fields = "{ totalCount pageInfo { hasNextPage endCursor } nodes { commit { oid } } }"
        got = repository(standin, f"pullRequest(number: {number}) {{ commits(first: 90{after}) {fields} }}")
        return got["pullRequest"]["commits"]

    first = page("")
    second = page(f', after: "{first["pageInfo"]["endCursor"]}"')
    shas = [commit.sha for commit in world.pull(number).commits]
    assert [node["commit"]["oid"] for node in first["nodes"] + second["nodes"]] == shas[:180]
    assert first["totalCount"] == second["totalCount"] == len(shas)


def test_more_than_a_hundred_reviews(standin: Standin, world: World) -> None:
    number = world.named["draft"]
    for _ in range(103):
        world.review(number, "COMMENTED")
    fields = "{ pageInfo { hasNextPage endCursor } nodes { fullDatabaseId } }"
    ids, after = [], "null"
    for more in (True, False):
        text = f"pullRequest(number: {number}) {{ reviews(first: 100, after: {after}) {fields} }}"
        page = repository(standin, text)["pullRequest"]["reviews"]
        ids += [node["fullDatabaseId"] for node in page["nodes"]]
        assert page["pageInfo"]["hasNextPage"] is more
        after = f'"{page["pageInfo"]["endCursor"]}"'
    assert ids == [str(review.id) for review in world.pull(number).reviews]


def test_cursors_say_nothing_that_one_could_count_with(standin: Standin) -> None:
    got = repository(standin, f"pullRequests(first: 1, {NEWEST}) {{ pageInfo {{ endCursor }} }}")
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", got["pullRequests"]["pageInfo"]["endCursor"])


@pytest.mark.parametrize(
    "cursor", ["x", "MTA=", "Y3Vyc29yOnYyOjE=", "Y3Vyc29yOnYyOltd", "Y3Vyc29yOnYyOlsxXQ=="]
)
def test_a_cursor_that_is_none(standin: Standin, cursor: str) -> None:
    error = first_error(
        standin, f'pullRequests(first: 1, after: "{cursor}", {NEWEST}) {{ nodes {{ number }} }}'
    )
    assert error["type"] == "INVALID_CURSOR_ARGUMENTS"
    assert error["path"] == ["repository", "pullRequests"]


@pytest.mark.parametrize(
    ("fields", "type_", "path"),
    [
        ("pullRequests { nodes { number } }", "MISSING_PAGINATION_BOUNDARIES", ["pullRequests"]),
        ("pullRequests { ... { nodes { number } } }", "MISSING_PAGINATION_BOUNDARIES", ["pullRequests"]),
        (
            "pullRequests(first: 1) { nodes { reviews { nodes { id } } } }",
            "MISSING_PAGINATION_BOUNDARIES",
            ["pullRequests", "nodes", "reviews"],
        ),
        ("pullRequests(first: 101) { nodes { number } }", "EXCESSIVE_PAGINATION", ["pullRequests"]),
        ("mine: pullRequests(last: 101) { nodes { number } }", "EXCESSIVE_PAGINATION", ["mine"]),
        ("pullRequests(first: 0) { nodes { number } }", "INVALID_PAGINATION_BOUNDARIES", ["pullRequests"]),
    ],
)
def test_a_page_has_one_to_a_hundred(standin: Standin, fields: str, type_: str, path: list[str]) -> None:
    got = query(standin, f'{{ repository(owner: "acme", name: "rocket") {{ {fields} }} }}')
    (error,) = got.json["errors"]
    assert (got.status, got.json["data"]) == (200, {"repository": None})
    assert (error["type"], error["path"]) == (type_, ["repository", *path])


def test_a_total_needs_no_page(standin: Standin, world: World) -> None:
    assert repository(standin, "pullRequests { totalCount }") == {"pullRequests": {"totalCount": 240}}


def test_500_000_nodes_are_the_most(standin: Standin) -> None:
    nested = "commits(first: 100) { nodes { commit { parents(first: %d) { nodes { oid } } } } }"
    fields = f"pullRequests(first: 100) {{ nodes {{ {nested} }} }}"
    error = first_error(standin, fields % 49)
    assert error["type"] == "MAX_NODE_LIMIT_EXCEEDED"
    assert "500,100 possible nodes" in error["message"]
    got = query(standin, f'{{ repository(owner: "acme", name: "rocket") {{ {fields % 48} }} }}')
    assert "errors" not in got.json


def test_a_row_that_moves_to_the_top_is_missed_and_shifts_no_other(standin: Standin, world: World) -> None:
    standin.behaviour.shift_rows = 1
    seen = read(standin, NEWEST)
    missed = set(world.outlines) - set(seen)
    assert len(seen) == len(set(seen))
    assert missed == set(world.numbers("all", "updated", "desc")[:2])


def test_a_row_that_moves_to_the_end_comes_again(standin: Standin, world: World) -> None:
    standin.behaviour.shift_rows = 1
    seen = read(standin, OLDEST)
    assert set(seen) == set(world.outlines)
    assert len(seen) == len(world.outlines)  # it moved before it was read, and waits at the end


def test_by_creation_nothing_moves(standin: Standin, world: World) -> None:
    standin.behaviour.shift_rows = 5
    assert read(standin, CREATED) == list(world.outlines)

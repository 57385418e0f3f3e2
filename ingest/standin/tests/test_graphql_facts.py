"""GraphQL tells the facts that REST tells, in its own words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from ingest.standin import Standin, World
from ingest.standin.facts import User

from .asking import pull, query, repository
from .client import ask, get, pages
from .conftest import NOW

CASES = sorted(World.generate(now=NOW).named)


def login(rest: dict[str, Any] | None) -> str | None:
    return rest["login"].removesuffix("[bot]") if rest else None


def same_instant(one: str, other: str) -> bool:
    return datetime.fromisoformat(one) == datetime.fromisoformat(other)


@pytest.mark.parametrize("case", CASES)
def test_a_pull_request(standin: Standin, world: World, case: str) -> None:
    number = world.named[case]
    node, rest = pull(standin, number), get(standin.url, f"/repos/acme/rocket/pulls/{number}").json
    merge_commit, test_merge = (
        node[key] and node[key]["oid"] for key in ("mergeCommit", "potentialMergeCommit")
    )
    assert (node["__typename"], node["id"], node["number"]) == ("PullRequest", rest["node_id"], number)
    assert node["fullDatabaseId"] == str(rest["id"])
    assert node["databaseId"] is None  # it has 32 bits
    assert (node["title"], node["body"]) == (rest["title"], rest["body"] or "")
    assert node["state"] == ("MERGED" if rest["merged"] else rest["state"].upper())
    assert node["isDraft"] == rest["draft"]
    assert [node[f"{key}At"] for key in ("created", "updated", "closed", "merged")] == [
        rest[f"{key}_at"] for key in ("created", "updated", "closed", "merged")
    ]
    assert (merge_commit if rest["merged"] else test_merge) == rest["merge_commit_sha"]
    assert (test_merge if rest["merged"] else merge_commit) is None
    assert (node["headRefName"], node["headRefOid"]) == (rest["head"]["ref"], rest["head"]["sha"])
    assert (node["baseRefName"], node["baseRefOid"]) == (rest["base"]["ref"], rest["base"]["sha"])
    for side in ("head", "base"):
        place = rest[side]["repo"]
        assert node[f"{side}Repository"] == (
            place
            and {
                "databaseId": place["id"],
                "nameWithOwner": place["full_name"],
                "isPrivate": place["private"],
            }
        )
    assert (node["author"] and node["author"]["login"]) == login(rest["user"])
    if rest["user"]:
        assert node["author"]["__typename"] == rest["user"]["type"]
        assert node["author"]["databaseId"] == rest["user"]["id"]
    assert [label["name"] for label in node["labels"]["nodes"]] == [label["name"] for label in rest["labels"]]
    assert [node[key] for key in ("additions", "deletions", "changedFiles")] == [
        rest[key] for key in ("additions", "deletions", "changed_files")
    ]
    assert node["commits"]["totalCount"] == rest["commits"]


@pytest.mark.parametrize("case", CASES)
def test_its_reviews(standin: Standin, world: World, case: str) -> None:
    number = world.named[case]
    nodes = pull(standin, number)["reviews"]["nodes"]
    rest = get(standin.url, f"/repos/acme/rocket/pulls/{number}/reviews").json
    assert [
        (node["fullDatabaseId"], node["state"], node["submittedAt"], node["commit"]["oid"]) for node in nodes
    ] == [(str(item["id"]), item["state"], item.get("submitted_at"), item["commit_id"]) for item in rest]
    assert [node["author"] and node["author"]["login"] for node in nodes] == [login(r["user"]) for r in rest]


@pytest.mark.parametrize("case", sorted({*CASES} - {"many_commits"}))
def test_its_commits(standin: Standin, world: World, case: str) -> None:
    number = world.named[case]
    nodes = [node["commit"] for node in pull(standin, number)["commits"]["nodes"]]
    rest = get(standin.url, f"/repos/acme/rocket/pulls/{number}/commits?per_page=100").json
    assert [node["oid"] for node in nodes] == [item["sha"] for item in rest]
    for node, item in zip(nodes, rest, strict=True):
        git = item["commit"]
        assert (node["message"], node["author"]["name"]) == (git["message"], git["author"]["name"])
        assert (node["authoredDate"], node["committedDate"]) == (
            git["author"]["date"],
            git["committer"]["date"],
        )
        assert same_instant(node["author"]["date"], git["author"]["date"])
        assert same_instant(node["committer"]["date"], git["committer"]["date"])
        whose = node["author"]["user"] or {}
        assert whose.get("databaseId") == (item["author"] or {}).get("id")
        assert whose.get("login") == (item["author"] or {}).get("login")  # a bot's with its [bot]
        assert [parent["oid"] for parent in node["parents"]["nodes"]] == [p["sha"] for p in item["parents"]]


def test_some_dates_of_git_have_an_offset(standin: Standin, world: World) -> None:
    ends = {
        node["commit"]["author"]["date"][-6:]
        for number in list(world.outlines)[-30:]
        for node in pull(standin, number)["commits"]["nodes"]
    }
    assert any(end.endswith("Z") for end in ends)
    assert any("+" in end for end in ends)
    assert any("-" in end for end in ends)


def test_all_commits_where_rest_stops_at_250(standin: Standin, world: World) -> None:
    number, found, cursor = world.named["many_commits"], [], "null"
    while True:
        wanted = "{ pageInfo { hasNextPage endCursor } nodes { commit { oid } } }"
        page = pull(standin, number, f"commits(first: 100, after: {cursor}) {wanted}")["commits"]
        found += [node["commit"]["oid"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        cursor = f'"{page["pageInfo"]["endCursor"]}"'
    assert found == [commit.sha for commit in world.pull(number).commits]
    listed = [
        c["sha"] for p in pages(standin.url, f"/repos/acme/rocket/pulls/{number}/commits") for c in p.json
    ]
    assert listed == found[:250]
    assert len(found) > 250


@pytest.mark.parametrize("case", CASES)
def test_its_timeline_is_what_the_deliveries_told(standin: Standin, world: World, case: str) -> None:
    number = world.named[case]
    types = {
        "ready_for_review": ["ReadyForReviewEvent"],
        "converted_to_draft": ["ConvertToDraftEvent"],
        "reopened": ["ReopenedEvent"],
    }
    told = []
    for moment in world.moments(number):
        merged = moment.data.get("merged")
        names = ["MergedEvent", "ClosedEvent"] if merged else ["ClosedEvent"]
        names = names if moment.action == "closed" else types.get(moment.action, [])
        told += [(name, moment.at) for name in names]
    nodes = pull(standin, number)["timelineItems"]["nodes"]
    assert [(n["__typename"], datetime.fromisoformat(n["createdAt"])) for n in nodes] == told


def test_a_pending_review_is_its_authors_secret(standin: Standin, world: World) -> None:
    number = world.named["draft"]
    world.review(number, "PENDING", by=world.people.members[3])
    world.review(number, "PENDING", by=world.people.viewer)
    nodes = pull(standin, number)["reviews"]["nodes"]
    assert [(n["state"], n["submittedAt"], n["author"]["login"]) for n in nodes] == [
        ("PENDING", None, world.people.viewer.login)
    ]


@pytest.mark.parametrize("kind", ["Mannequin", "Organization"])
def test_other_kinds_of_authors(standin: Standin, world: World, kind: str) -> None:
    number = world.named["draft"]
    world.review(number, by=User(77, "imported", kind=kind))
    (node,) = pull(standin, number)["reviews"]["nodes"]
    assert node["author"] == {"__typename": kind, "login": "imported"}
    (item,) = get(standin.url, f"/repos/acme/rocket/pulls/{number}/reviews").json
    assert item["user"]["type"] == kind


def test_a_dismissal_changes_the_review_and_not_when_it_was_submitted(standin: Standin, world: World) -> None:
    number = world.named["dismissed"]
    (node,) = [n for n in pull(standin, number)["reviews"]["nodes"] if n["state"] == "DISMISSED"]
    assert node["createdAt"] == node["submittedAt"] < node["updatedAt"]


def test_a_repository(standin: Standin, world: World) -> None:
    fields = "databaseId nameWithOwner isPrivate isArchived defaultBranchRef { name } pushedAt"
    got = repository(standin, fields + " owner { __typename login ... on Organization { databaseId } }")
    rest = get(standin.url, "/repos/acme/rocket").json
    assert got == {
        "databaseId": rest["id"],
        "nameWithOwner": "acme/rocket",
        "isPrivate": False,
        "isArchived": False,
        "defaultBranchRef": {"name": rest["default_branch"]},
        "pushedAt": rest["pushed_at"],
        "owner": {"__typename": "Organization", "login": "acme", "databaseId": rest["owner"]["id"]},
    }


def test_keys_come_in_the_order_they_were_asked_for(standin: Standin) -> None:
    got = query(
        standin, '{ b: viewer { login } a: repository(owner: "acme", name: "rocket") { name databaseId } }'
    )
    expected = '{"data":{"b":{"login":"amara-osei"},"a":{"name":"rocket","databaseId":718098716}}}'
    assert got.body.decode() == expected


def test_a_body_that_is_no_query(standin: Standin) -> None:
    assert ask("POST", f"{standin.url}/graphql", {"text": "{}"}).json["errors"]
    assert "data" not in query(standin, "{ viewer { login }").json
    wrong = query(standin, "{ viewer { shoeSize } }").json
    assert "data" not in wrong
    assert "shoeSize" in wrong["errors"][0]["message"]

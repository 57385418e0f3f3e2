"""`search` counts the pull requests of a repository, so that a plan need not list them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ingest.standin import Standin, World

from .asking import query
from .conftest import NOW


def count(standin: Standin, terms: str) -> int:
    text = f'{{ search(type: ISSUE, query: "repo:acme/rocket is:pr {terms}") {{ issueCount }} }}'
    found: int = query(standin, text).json["data"]["search"]["issueCount"]
    return found


def updated_since(world: World, since: datetime) -> int:
    return sum(outline.updated_at >= since for outline in world.outlines.values())


def test_states(standin: Standin, world: World) -> None:
    assert count(standin, "") == 240
    assert count(standin, "is:open") == count(standin, "state:open") == len(world.numbers("open"))
    assert count(standin, "is:closed") == len(world.numbers("closed"))
    merged = sum(outline.merged for outline in world.outlines.values())
    assert (count(standin, "is:merged"), count(standin, "is:unmerged")) == (merged, 240 - merged)


def test_updated_since_a_day_or_an_instant(standin: Standin, world: World) -> None:
    day = (NOW - timedelta(days=90)).replace(hour=0)
    assert count(standin, f"updated:>={day:%Y-%m-%d}") == updated_since(world, day)
    instant = world.outlines[120].updated_at
    exact = f"{instant:%Y-%m-%dT%H:%M:%SZ}"
    assert count(standin, f"updated:>={exact}") == updated_since(world, instant)
    assert count(standin, f"updated:>{exact}") == updated_since(world, instant) - 1
    assert count(standin, f"updated:<{exact}") + count(standin, f"updated:>={exact}") == 240
    assert count(standin, f"updated:<={day:%Y-%m-%d}") == 240 - updated_since(world, day + timedelta(days=1))
    assert count(standin, f"created:*..{exact}") + count(standin, f"created:>{exact}") == 240


def test_midnight_belongs_to_the_day_that_begins(standin: Standin, world: World) -> None:
    today = count(standin, "updated:2026-06-03")
    world.touch(world.named["stale_open"], at=NOW.replace(day=4, hour=0))
    assert count(standin, "updated:2026-06-03") == today
    assert count(standin, "updated:2026-06-04") == 1
    assert count(standin, "updated:>2026-06-03") == 1


def test_terms_are_joined_by_and(standin: Standin, world: World) -> None:
    since = NOW - timedelta(days=30)
    expected = sum(world.outlines[number].updated_at >= since for number in world.numbers("open"))
    assert count(standin, f"is:open updated:>={since:%Y-%m-%dT%H:%M:%SZ}") == expected


def test_several_repositories_in_one_query(standin: Standin, world: World) -> None:
    standin.worlds.append(World.generate(seed=8, repository="probe", pulls=12, now=NOW))
    text = (
        '{ a: search(type: ISSUE, query: "repo:acme/rocket is:pr") { issueCount }'
        ' b: search(type: ISSUE, query: "repo:acme/probe is:pr") { issueCount } }'
    )
    assert query(standin, text).json["data"] == {"a": {"issueCount": 240}, "b": {"issueCount": 12}}


def test_what_may_not_be_seen_is_not_found(standin: Standin) -> None:
    standin.behaviour.hidden = True
    assert count(standin, "") == 0


def test_pages_end_after_1000_and_the_count_does_not(standin: Standin) -> None:
    standin.worlds[:] = [World.generate(pulls=1005, now=NOW)]
    seen, cursor = 0, "null"
    for _ in range(10):
        fields = "issueCount pageInfo { hasNextPage endCursor } nodes { ... on PullRequest { number } }"
        terms = "repo:acme/rocket is:pr"
        text = f'{{ search(type: ISSUE, first: 100, after: {cursor}, query: "{terms}") {{ {fields} }} }}'
        page = query(standin, text).json["data"]["search"]
        seen += len(page["nodes"])
        cursor = f'"{page["pageInfo"]["endCursor"]}"'
    assert (page["issueCount"], seen, page["pageInfo"]["hasNextPage"]) == (1005, 1000, False)


@pytest.mark.parametrize("terms", ["author:amara-osei", "updated:>=yesterday"])
def test_what_it_does_not_understand_it_says(standin: Standin, terms: str) -> None:
    got = query(
        standin, f'{{ search(type: ISSUE, query: "repo:acme/rocket {terms}") {{ issueCount }} }}'
    ).json
    assert "stand-in" in got["errors"][0]["message"]

"""The same pull requests by REST, by GraphQL, by deliveries and by any mix: the same rows (law 4)."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

import pytest

from apps.metrics.projection.commits import Place, merged
from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.backfill.window import Window
from ingest.log.facts import NewEvent
from ingest.models import ParkedEvent, RawGitHubEvent
from ingest.standin import World
from tests.processed import folded

pytestmark = pytest.mark.django_db

SOURCES = ("rest", "graphql", "webhook")
# Facts that only some sources have: see the table in docs/backfill.md.
READY = {"graphql", "webhook"}
COMMITS = {"rest", "graphql"}
NOT_COMPARED = {"last_event_id", "ready_at", "commits_incomplete"}


def mixes() -> Iterator[tuple[str, ...]]:
    for count in range(1, len(SOURCES) + 1):
        yield from combinations(SOURCES, count)


@pytest.fixture
def events(standin, world: World, backfill) -> dict[str, dict[int, list[NewEvent]]]:
    """By source and pull request."""
    found: dict[str, dict[int, list[NewEvent]]] = {name: defaultdict(list) for name in SOURCES}
    for api in ("rest", "graphql"):
        team = TeamFactory()
        backfill(standin, team, Window(None), api=api)
        assert not ParkedEvent.for_team(team).exists()
        for event in RawGitHubEvent.for_team(team):
            found[api][event.number].append(
                NewEvent(
                    source=event.source,
                    event_type=event.event_type,
                    body=event.body,
                    endpoint=event.endpoint,
                    repository_id=event.named_repository_id,
                    repository=event.named_repository,
                    number=event.named_number,
                    received_at=event.received_at,
                )
            )
    for number in world.outlines:
        for one in world.deliveries(number):
            found["webhook"][number].append(
                NewEvent(
                    source="webhook",
                    event_type=one.event,
                    action=one.action or "",
                    body=one.body,
                    delivery_id=one.id,
                    headers=one.headers,
                )
            )
    return found


def facts(team: Team, events: list[NewEvent], sources: set[str]):
    projection = folded(team, *events)
    pull = dict(projection.pull_request or {})
    # Deliveries know what a review was before it was dismissed; fetched alone, that is gone.
    reviews = {
        review_id: {k: v for k, v in row.items() if k not in ("last_event_id", "submitted_state")}
        for review_id, row in projection.reviews.items()
    }
    number, repository_id = projection.key[2], projection.key[1]
    commits = {
        sha: {
            "removed": link.removed,
            **{
                name: value
                for name, value in merged({Place(repository_id, number): link}).items()
                if name not in ("additions", "deletions")
            },
        }
        for sha, link in projection.links.items()
    }
    return {
        "pull request": {k: v for k, v in pull.items() if k not in NOT_COMPARED},
        "reviews": reviews,
        "ready_at": pull["ready_at"] if sources & READY else None,
        "commits": commits if sources & COMMITS else None,
        "commits_incomplete": pull["commits_incomplete"] if sources & COMMITS else None,
    }


def test_every_mix_of_sources_gives_the_same_rows(world, team, events):
    shuffle = random.Random(7).shuffle
    numbers = set(world.outlines) - {world.named["many_commits"]}
    assert len(numbers) > 25
    seen = 0
    for number in sorted(numbers):
        found = {}
        for mix in mixes():
            told = [event for source in mix for event in events[source][number]]
            shuffle(told)
            found[mix] = facts(team, told, set(mix))
        for mix, one in found.items():
            for name, value in one.items():
                wanted = found[SOURCES][name]
                assert value in (wanted, None), (number, mix, name)
        seen += bool(found[("graphql",)]["commits"]) + (found[("graphql",)]["ready_at"] is not None)
    assert seen > len(numbers)


def test_rest_lists_fewer_commits_than_graphql(world, team, events):
    """The one pull request that is left out above: GitHub's REST API stops at 250."""
    number = world.named["many_commits"]
    by_rest = facts(team, events["rest"][number], {"rest"})["commits"]
    by_graphql = facts(team, events["graphql"][number], {"graphql"})["commits"]
    assert len(by_rest) == 250 < len(by_graphql)
    assert all(by_graphql[sha] == commit for sha, commit in by_rest.items())

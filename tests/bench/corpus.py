"""Events of the stand-in's mix: deliveries of pull requests, and what the API shows of the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from apps.integrations.services.webhooks.headers import kept
from ingest.log.facts import NewEvent
from ingest.standin.answer import packed
from ingest.standin.shapes.commit import commit
from ingest.standin.shapes.pull_request import full
from ingest.standin.shapes.review import review
from ingest.standin.world import World

NOW = datetime(2026, 11, 1, tzinfo=UTC)
# About ten events of each pull request.
PER_PULL = 9


def events(count: int, seed: int = 1) -> Iterator[NewEvent]:
    return islice(_events(World.generate(seed=seed, pulls=count // PER_PULL + 50, now=NOW)), count)


def _events(world: World) -> Iterator[NewEvent]:
    for number in range(1, len(world.outlines) + 1):
        for one in world.deliveries(number, "secret"):
            yield NewEvent(
                "webhook",
                one.event,
                one.body,
                action=one.action or "",
                delivery_id=one.id,
                headers=kept(one.headers),
                received_at=world.now,
            )
        yield from _fetched(world, number)


def _fetched(world: World, number: int) -> Iterator[NewEvent]:
    pull = world.pull(number)
    objects = [("pull_request", "pull", full(pull, world.repository))]
    objects += [
        ("pull_request_review", "reviews", review(one, pull, world.repository)) for one in pull.reviews
    ]
    objects += [("commit", "commits", commit(one, world.repository)) for one in pull.commits]
    for event_type, endpoint, found in objects:
        yield NewEvent(
            "rest",
            event_type,
            packed(found),
            endpoint=endpoint,
            repository_id=world.repository.id,
            repository=world.repository.full_name,
            number=number,
            received_at=world.now,
        )

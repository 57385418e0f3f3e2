"""The GitHub stand-in with an account of many repositories, in a process of its own.

`python -m tests.bench.organization REPOSITORIES PULLS`: prints its address and serves until it is ended.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ingest.standin import World, running, world

# Histories that a world keeps; each pull request is asked for once or twice.
KEPT = 20


def name(number: int) -> str:
    """The lower the number, the later somebody pushed."""
    return f"part-{number:03d}"


def worlds(repositories: int, pulls: int, now: datetime) -> list[World]:
    found = []
    for number in range(repositories):
        one = World.generate(seed=number, repository=name(number), pulls=pulls, now=now - timedelta(hours=1))
        one.repository = replace(one.repository, pushed_at=now - timedelta(hours=number))
        found.append(one)
    return found


def main(repositories: int, pulls: int) -> None:
    world._KEPT = KEPT
    now = datetime.now(UTC).replace(microsecond=0)
    # The hour's quotas are lifted, as the bench has no hours; the limits of a minute stand.
    with running(*worlds(repositories, pulls, now)) as standin:
        standin.behaviour.rate_limit = standin.behaviour.graphql_rate_limit = 10**6
        standin.behaviour.points_a_minute, standin.behaviour.graphql_points_a_minute = 900, 2000
        sys.stdout.write(f"{standin.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))

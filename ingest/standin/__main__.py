"""`python -m ingest.standin`: serve a world until interrupted."""

from __future__ import annotations

import argparse
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime

from .server import running
from .world import World


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m ingest.standin", description="A stand-in for GitHub's API."
    )
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--pulls", type=int, default=240)
    parser.add_argument("--owner", default="acme")
    parser.add_argument("--repository", default="rocket")
    parser.add_argument("--now", type=datetime.fromisoformat, help="the world's present; default: this hour")
    parser.add_argument("--private", action="store_true")
    given = parser.parse_args()
    now = given.now or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    if now.tzinfo is None:
        now = now.replace(tzinfo=UTC)
    world = World.generate(
        seed=given.seed,
        owner=given.owner,
        repository=given.repository,
        pulls=given.pulls,
        now=now,
        private=given.private,
    )
    with running(world, port=given.port) as standin:
        sys.stdout.write(f"{standin.url}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()

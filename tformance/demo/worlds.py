"""The organisation that the stand-in plays: one repository with a long history, and others to choose from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ingest.standin import World

OWNER = "acme"
SEED = 7
PULLS = 240
REPOSITORY = f"{OWNER}/rocket"

# Name: seed, pull requests, and what GitHub says of it.
_OTHERS: dict[str, tuple[int, int, dict[str, Any]]] = {
    "launchpad": (11, 60, {"language": "TypeScript", "description": "Books pads and counts down."}),
    "telemetry": (12, 45, {"language": "Go", "private": True, "description": "What the booster says, live."}),
    "simulator": (13, 24, {"language": "Rust", "description": "Flies a rocket that is not there."}),
    "handbook": (14, 20, {"language": None, "can_admin": False, "description": "How we fly, and why."}),
    "capsule": (15, 30, {"archived": True, "description": "The first one. It is in the museum."}),
}


def worlds_as_of(now: datetime) -> list[World]:
    """The same at each call with the same `now`; the one of `REPOSITORY` is the first."""
    others = [
        World.generate(owner=OWNER, repository=name, seed=seed, pulls=pulls, now=now, **about)
        for name, (seed, pulls, about) in _OTHERS.items()
    ]
    return [World.generate(owner=OWNER, seed=SEED, pulls=PULLS, now=now), *others]

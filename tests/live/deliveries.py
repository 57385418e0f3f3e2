"""Deliveries to post: recorded by others where TFORMANCE_PAYLOADS names them, and the stand-in's."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from apps.integrations.services.github_webhooks import sign
from ingest.standin import World
from tests.payloads import as_bytes, delivery_id, moment

PAYLOADS = os.environ.get("TFORMANCE_PAYLOADS", "")
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
# Types with a processor: all that were recorded are taken; of each other type some.
READ = ("pull_request", "pull_request_review", "repository")
OF_EACH_OTHER = 2


class Delivery(NamedTuple):
    event: str
    id: str
    body: bytes

    def headers(self, secret: str) -> dict[str, str]:
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/3fa5c71",
            "X-GitHub-Delivery": self.id,
            "X-GitHub-Event": self.event,
            "X-Hub-Signature-256": sign(secret, self.body),
        }


def recorded() -> list[Delivery]:
    """No id was recorded: each gets one of its own, in the order of the files' names."""
    taken: dict[str, int] = defaultdict(int)
    found: list[Delivery] = []
    for path in sorted(Path(PAYLOADS).glob("webhooks/*/*.json")) if PAYLOADS else ():
        event = path.name.partition(".")[0]
        taken[event] += 1
        if event in READ or taken[event] <= OF_EACH_OTHER:
            payload = json.loads(path.read_bytes())["payload"]
            identity = delivery_id(moment(minutes=len(found)), f"{path.parent.name}/{path.name}")
            found.append(Delivery(event, identity, as_bytes(payload)))
    return found


def made_up(pulls: int) -> list[Delivery]:
    world = World.generate(pulls=pulls, now=NOW)
    world.rename("booster")
    world.retitle(1, "After the renaming")
    told = [*world.all_deliveries(), world.ping("http://127.0.0.1/")]
    return [Delivery(one.event, one.id, one.body) for one in told]

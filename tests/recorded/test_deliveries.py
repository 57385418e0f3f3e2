"""Deliveries that others recorded are imported and replayed, in any order."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.recorded.conftest import assert_rows, told
from tests.recorded.recordings import Json, deliveries, needs_payloads
from tests.recorded.truth import true_reviews, truth

DELIVERIES = deliveries()


def at(seconds: int) -> str:
    """A delivery id as GitHub makes them, with its time inside."""
    ticks = int(
        (datetime(2026, 1, 1, tzinfo=UTC) - datetime(1582, 10, 15, tzinfo=UTC)) / timedelta(seconds=1)
    )
    ticks = (ticks + seconds) * 10**7
    return str(
        uuid.UUID(fields=(ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 | 0x1000, 0x80, 0, seconds))
    )


def as_line(delivery: Json, seconds: int) -> str:
    line = {"source": "webhook", "event_type": delivery["event"], "action": delivery["action"]}
    return json.dumps({**line, "delivery_id": at(seconds), "payload": delivery["payload"]})


def assert_delivered(payloads: list[Json]) -> None:
    """The rows are what these payloads say, one after the other: of each key the last that has it."""
    pulls: dict[tuple[int, int], Json] = {}
    reviews: dict[tuple[int, int], dict[int, Json]] = defaultdict(dict)
    for payload in payloads:
        key = (payload["repository"]["id"], payload["pull_request"]["number"])
        pulls[key] = pulls.get(key, {}) | payload["pull_request"]
        if "review" in payload:
            review: Json = payload["review"]
            before = reviews[key].get(review["id"], review)
            dismissed = {"state": "dismissed"} if before["state"] == "dismissed" else {}
            reviews[key][review["id"]] = review | dismissed
    of = {key: list(reviews[key].values()) for key in pulls}
    assert_rows(
        [truth(pull, of[key]) for key, pull in pulls.items()],
        [row for key in pulls for row in true_reviews(key[1], of[key])],
        [],
    )


@needs_payloads
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("source", DELIVERIES)
def test_recorded_deliveries_are_imported_and_replayed(source: str, tmp_path: Path) -> None:
    told_by_github = [one["payload"] for one in DELIVERIES[source]]
    lines = [as_line(one, seconds) for seconds, one in enumerate(DELIVERIES[source])]
    for name, ordered in (("backwards", lines[::-1]), ("forwards", lines)):
        bundle = tmp_path / f"{name}.ndjson"
        bundle.write_text("\n".join(ordered))
        done = told("events", "import", str(bundle), "--team", "t", "--replay")
        stored = len(lines) if name == "backwards" else 0
        assert (done["stored"], done["duplicates"]) == (stored, len(lines) - stored)
        replay: Json = done["replay"]
        assert (done["broken"], replay["parked"]) == (0, 0)
        assert_delivered(told_by_github)

"""Raw in, tables out, snapshot beside it: `fixtures/event__case.ndjson` gives `snapshots/event__case.json`.

Snapshots are only written by `make snapshots`; a difference is read before it is committed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from apps.teams.factories import TeamFactory
from ingest.bundles.reading import read
from ingest.log.append import append
from ingest.replay.replaying import replay
from ingest.replay.scope import Scope
from ingest.routing import HANDLED
from tests.tables import tables

FOLDER = Path(__file__).parent
FIXTURES = sorted((FOLDER / "fixtures").glob("*.ndjson"))
WRITE = os.environ.get("SNAPSHOTS") == "write"


def snapshot_of(fixture: Path) -> Path:
    return FOLDER / "snapshots" / f"{fixture.stem}.json"


@pytest.mark.django_db
@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_tables_are_what_the_snapshot_says(fixture: Path) -> None:
    team = TeamFactory.create()
    events = [read(line).event for line in fixture.read_bytes().splitlines()]
    append(team, events, imported=True)
    replay(Scope(team=team.slug))
    # Which code made a row is not what a snapshot is about.
    rows = {
        table: [{k: v for k, v in row.items() if k != "version"} for row in found]
        for table, found in tables(team).items()
        if found
    }
    text = json.dumps(rows, indent=1, default=str, ensure_ascii=False, sort_keys=True) + "\n"
    if WRITE:
        snapshot_of(fixture).write_text(text)
    assert snapshot_of(fixture).exists(), "no snapshot: make snapshots"
    assert json.loads(text) == json.loads(snapshot_of(fixture).read_text())


def test_every_snapshot_has_its_fixture() -> None:
    stored = {path.stem for path in (FOLDER / "snapshots").glob("*.json")}
    assert stored == {path.stem for path in FIXTURES}


def test_every_event_type_with_a_processor_has_a_fixture() -> None:
    assert {path.stem.partition("__")[0] for path in FIXTURES} == set(HANDLED)

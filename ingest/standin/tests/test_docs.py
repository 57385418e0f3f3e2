"""docs/standin.md names what there is."""

import re
from dataclasses import fields
from pathlib import Path

from ingest.standin import World
from ingest.standin.behaviour import Behaviour
from ingest.standin.changes import Changes

PAGE = (Path(__file__).parents[3] / "docs" / "standin.md").read_text()


def test_every_switch_is_in_the_table() -> None:
    rows = re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(field.name for field in fields(Behaviour))


def test_every_change_is_named() -> None:
    changes = [name for name in vars(Changes) if not name.startswith("_") and name not in ("pull", "add")]
    for name in (*changes, "rename"):
        assert re.search(rf"`(world\.)?{name}`", PAGE), name
        assert callable(getattr(World, name))

"""Code that turns events into rows has a version, which grows whenever the code changes.

`versions.json` says what the code of each version was. It is written by `make versions` and by nothing else.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from apps.metrics.formulas import FORMULAS
from apps.metrics.projection import version
from ingest.replay.fingerprint import Part, code_of, parts

FILE = Path(__file__).with_name("versions.json")
WRITES = os.environ.get("VERSIONS") == "write"
# Parts whose code changed and whose results did not, as the writer says: SAME='common, formula size'.
SAME = {name.strip() for name in os.environ.get("SAME", "").split(",")}


def problems(stored: Mapping[str, Part], now: Mapping[str, Part], same: set[str] | None = None) -> list[str]:
    """What stands between the code and being written down."""
    found = []
    for name, part in now.items():
        before = stored.get(name, Part(0, ""))
        if part.version < before.version:
            found.append(f"the version of {name} fell from {before.version} to {part.version}: it only grows")
        elif part.code != before.code and part.version == before.version and name not in (same or ()):
            found.append(
                f"the code of {name} changed: raise its version ({part.version}), then `make versions`; "
                f"where it makes the same rows of the same events: make versions SAME='{name}'"
            )
    missing = sum(part.version for name, part in stored.items() if name not in now)
    if missing > version.RETIRED:
        found.append("parts were removed: raise RETIRED in projection/version.py by their versions")
    return found


def read() -> dict[str, Part]:
    return {name: Part(**part) for name, part in json.loads(FILE.read_text()).items()}


def test_whoever_changes_code_raises_its_version() -> None:
    stored, now = read() if FILE.exists() else {}, parts()
    if WRITES:
        assert problems(stored, now, SAME) == []
        removed = {name: part for name, part in stored.items() if name not in now}
        written = {name: part._asdict() for name, part in sorted((now | removed).items())}
        FILE.write_text(json.dumps(written, indent=2) + "\n")
    assert problems(stored if not WRITES else now, now) == []
    grown = [name for name, part in parts().items() if read().get(name) != part]
    assert grown == [], "`make versions` writes down what these are now"


def test_every_part_counts_in_the_version() -> None:
    assert version.RETIRED + sum(part.version for part in parts().values()) == version.VERSION
    assert {f"formula {f.name}" for f in FORMULAS} < set(parts())
    assert {"processor pull_request", "processor commit", "common"} < set(parts())


OLD = Part(3, "a")


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (Part(3, "b"), "raise its version"),
        (Part(2, "a"), "only grows"),
        (Part(4, "b"), None),
        (Part(3, "a"), None),
    ],
)
def test_what_is_a_problem(now: Part, words: str | None) -> None:
    found = problems({"formula x": OLD}, {"formula x": now})
    assert [bool(words) and str(words) in problem for problem in found] == ([True] if words else [])


def test_the_same_results_may_be_said() -> None:
    assert problems({"formula x": OLD}, {"formula x": Part(3, "b")}, {"formula x"}) == []


def test_a_removed_part_leaves_its_version_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "RETIRED" in problems({"formula x": OLD}, {})[0]
    monkeypatch.setattr(version, "RETIRED", 3)
    assert problems({"formula x": OLD}, {}) == []


CODE = 'def f(x):\n    """Says."""\n    return x + 1  # more\n'


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ('def f( x ):\n\n    """Says otherwise."""\n    # less\n    return (x\n  + 1)\n', True),
        ("def f(x):\n    return x + 1\n", True),
        ("def f(x):\n    return x + 2\n", False),
        ('def f(x):\n    """Says."""\n    return x - 1\n', False),
        ("def f(y):\n    return y + 1\n", False),
        ('def f(x):\n    return x + "1"\n', False),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(other: str, same: bool) -> None:
    assert (code_of(ast.parse(CODE)) == code_of(ast.parse(other))) is same


def test_a_formula_is_what_it_imports_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`hours.py` rounds for two of them."""
    before = parts()
    read_bytes = Path.read_bytes

    def with_another_rounding(file: Path) -> bytes:
        return read_bytes(file) + (b"\nCENT = 1\n" if file.name == "hours.py" else b"")

    monkeypatch.setattr(Path, "read_bytes", with_another_rounding)
    changed = {name for name, part in parts().items() if part != before[name]}
    assert changed == {"formula cycle_time", "formula review_time"}

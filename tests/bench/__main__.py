"""Prints tables and writes var/bench.json. Exit status 1 where a bound does not hold.

SIZE (20,000 by default) is how many events the log gets. ONLY=deliveries, backfill, sqlite or postgres: one
part of it.
PAGES=1: the pages of events instead, on logs of 1,000 and of SIZE (1,000,000 by default) events.
MANY=1: 500 repositories of SIZE (50,000 by default) pull requests instead, fetched while deliveries come in.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench import tables
from tests.postgres import postgres_server

ROOT = Path(__file__).resolve().parents[2]
SIZE = 20_000
# What is measured alone, if asked for, and its size.
ALONE = {"pages": 1_000_000, "many": 50_000}


def main() -> int:
    alone = next((name for name in ALONE if os.environ.get(name.upper())), "")
    size = int(os.environ.get("SIZE") or ALONE.get(alone, SIZE))
    only = alone or os.environ.get("ONLY", "")
    found: dict[str, Any] = {}
    held = True
    parts = {
        "deliveries": _deliveries,
        "backfill": _backfill,
        "sqlite": _sqlite,
        "postgres": _postgres,
        "pages": _pages,
        "many": _many,
    }
    for name, measure in parts.items():
        if only == name or (not only and name not in ALONE):
            found[name] = measure(size)
            held &= tables.show(name, found[name])
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "bench.json").write_text(json.dumps(found, indent=2))
    return 0 if held else 1


def _deliveries(size: int) -> Any:
    return _run("tests.bench.accepting")


def _backfill(size: int) -> Any:
    with tempfile.TemporaryDirectory(prefix="tformance-bench-") as folder:
        return _run("tests.bench.backfilling", DATABASE_URL=f"sqlite:///{folder}/bench.sqlite3")


def _sqlite(size: int) -> Any:
    with tempfile.TemporaryDirectory(prefix="tformance-bench-") as folder:
        return _run("tests.bench.engine", str(size), DATABASE_URL=f"sqlite:///{folder}/bench.sqlite3")


def _postgres(size: int) -> Any:
    with ExitStack() as stack:
        return _run("tests.bench.engine", str(size), DATABASE_URL=stack.enter_context(postgres_server()))


def _pages(size: int) -> Any:
    with ExitStack() as stack:
        return _run("tests.bench.paging", str(size), DATABASE_URL=stack.enter_context(postgres_server()))


def _many(size: int) -> Any:
    return _run("tests.bench.many", str(size))


def _run(module: str, *arguments: str, **environment: str) -> Any:
    """In a process of its own: the settings are read once. stdout is one JSON document."""
    command = [sys.executable, "-m", module, *arguments]
    return json.loads(
        subprocess.run(
            command, cwd=ROOT, env=os.environ | environment, check=True, stdout=subprocess.PIPE
        ).stdout
    )


if __name__ == "__main__":
    sys.exit(main())

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.standin import Standin
from tests.browser.door import Door
from tests.live.processes import BASE_DIR, START_SECONDS, Process, wait_until

# For what a page is to show, on a machine that does other things too.
SECONDS_TO_WAIT = int(os.environ.get("SECONDS_TO_WAIT", "60"))


@dataclass(frozen=True)
class Installation:
    """What runs: its address, GitHub and the way there, the folder of its logs, the settings that its
    processes share, and the one that works off messages.
    """

    url: str
    standin: Standin
    door: Door
    folder: Path
    environment: Mapping[str, str]
    worker: Process

    @contextmanager
    def before_deploying(self, code: Path) -> Iterator[None]:
        """Until the block ends, the worker is one of other code: of the release in that folder."""
        self.worker.stop()
        older = replace(self.worker, options={"cwd": code}, running=None)
        try:
            _started(older)
            yield
        finally:
            older.stop()
            _started(self.worker)

    def manage(self, *command: str) -> None:
        """Run a command of `manage.py` beside it."""
        subprocess.run(
            [sys.executable, "manage.py", *command],
            env=dict(self.environment),
            cwd=BASE_DIR,
            check=True,
            timeout=120,
        )


def _started(worker: Process) -> None:
    """Its banner is the last thing before it takes messages."""
    before = worker.said().count("[config]")
    worker.start()
    wait_until(lambda: worker.said().count("[config]") > before, START_SECONDS, f"a worker: {worker.log}")

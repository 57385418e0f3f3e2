from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.standin import Standin
from tests.live.processes import BASE_DIR


@dataclass(frozen=True)
class Installation:
    """What runs: its address, GitHub, the folder of its logs, and the settings that its processes share."""

    url: str
    standin: Standin
    folder: Path
    environment: Mapping[str, str]

    def manage(self, *command: str) -> None:
        """Run a command of `manage.py` beside it."""
        subprocess.run(
            [sys.executable, "manage.py", *command],
            env=dict(self.environment),
            cwd=BASE_DIR,
            check=True,
            timeout=120,
        )

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingest.standin import Standin


@dataclass(frozen=True)
class Installation:
    """What runs: its address, GitHub, and the folder of its logs."""

    url: str
    standin: Standin
    folder: Path

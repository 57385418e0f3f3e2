"""The release before this one, as a folder of code, with two mistakes that this one has mended."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.live.processes import BASE_DIR

ROOMS = ("apps", "ingest", "tformance")
# File, what stands there, what stood there.
BEFORE = (
    # It could not read that a review was dismissed.
    ("apps/metrics/processors/values.py", r' "dismissed",', ""),
    ("apps/metrics/processors/values.py", r' "DISMISSED",', ""),
    ("apps/metrics/projection/version.py", r"^COMMON = (\d+)", None),
    # Its size was that of what was added.
    ("apps/metrics/formulas/size.py", r"else additions \+ deletions", "else additions"),
    ("apps/metrics/formulas/size.py", r'Formula\("size", (\d+)', None),
)


def release_before(folder: Path) -> Path:
    """Where its processes are started; `folder` is made."""
    for room in ROOMS:
        # With what Python has compiled, which holds for the copy too.
        shutil.copytree(BASE_DIR / room, folder / room, ignore=shutil.ignore_patterns("tests"))
    for name, now, before in BEFORE:
        path = folder / name
        text, found = re.subn(
            now, _one_less if before is None else before, path.read_text(), flags=re.MULTILINE
        )
        assert found == 1, f"{name} is not as it was: {now}"
        path.write_text(text)
    return folder


def _one_less(version: re.Match[str]) -> str:
    """A release that comes later has a higher version."""
    return version[0].removesuffix(version[1]) + str(int(version[1]) - 1)

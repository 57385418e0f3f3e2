"""What changes in payloads without anything having happened: hidden in a diff unless asked for."""

from __future__ import annotations

import re

from .diff import Path

ADDRESSES = re.compile(r"(^|_)(url|href)$|^_links$|^avatar_|^gravatar_id$|^node_id$", re.IGNORECASE)
# Of the repository and of people, which every payload repeats. A pull request's own counts (additions,
# commits) are facts.
COUNTERS = re.compile(r"_count$|^(comments|forks|open_issues|review_comments|size|watchers)$")
# Every push to the repository moves them, in the payloads of all its pull requests.
REPOSITORIES = ("repository", "repo")
TIMES_OF_REPOSITORY = ("pushed_at", "updated_at")


def is_noise(path: Path) -> bool:
    parts = [str(part) for part in path]
    if any(ADDRESSES.search(part) for part in parts):
        return True
    if not parts:
        return False
    if COUNTERS.search(parts[-1]):
        return True
    return len(parts) > 1 and parts[-2] in REPOSITORIES and parts[-1] in TIMES_OF_REPOSITORY

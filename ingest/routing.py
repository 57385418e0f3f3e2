"""What becomes of each event type: the one table of it.

Types in neither HANDLED nor IGNORED are kept as unhandled: stored, counted, and replayable once a processor
exists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from apps.metrics import processors
from apps.metrics.processors import Processor


class Object(NamedTuple):
    """What a type is about: the key of its object in a delivery, and the field that identifies it."""

    key: str
    identity: str


HANDLED: dict[str, Processor] = {
    "pull_request": processors.handle_pull_request_event,
    "pull_request_review": processors.handle_pull_request_review_event,
    # Ours: an item of a pull request's list of commits.
    "commit": processors.handle_commit_event,
    "repository": processors.handle_repository_event,
    "ping": processors.handle_ping_event,
}

IGNORED: dict[str, str] = {
    "push": "commits of pull requests come with the pull request",
    "member": "members come from the API",
    "membership": "members come from the API",
    "organization": "members come from the API",
    "installation": "there is no GitHub App yet",
    "installation_repositories": "there is no GitHub App yet",
}

OBJECTS: dict[str, Object] = {
    "pull_request": Object("pull_request", "id"),
    "pull_request_review": Object("review", "id"),
    "commit": Object("commit", "sha"),
}

# What must change above `ingest` when a repository's own stream was processed, whichever types were in it:
# idempotent, called with team and repository after the commit, live and in a replay alike.
# `apps.integrations` registers here when it is ready.
Listener = Callable[[int, int], None]
LISTENERS: list[Listener] = []

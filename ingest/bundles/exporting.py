"""Events into a bundle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from ingest.log.pages import pages
from ingest.models import RawGitHubEvent

from .writing import line_of


def export(events: QuerySet[RawGitHubEvent], write: Callable[[bytes], Any]) -> int:
    """Write a line for each event, ordered by id; returns how many. Holds a page of them at a time."""
    count = 0
    for page in pages(events, "fetch"):
        for event in page:
            write(line_of(event))
        count += len(page)
    return count

"""Items of REST answers: a bare object is given the wrapper that a delivery has.

What a list's item lacks stays absent; nothing is made up for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from apps.metrics.processors import Unreadable
from apps.metrics.processors.payloads import (
    Commit,
    CommitDelivery,
    PullRequest,
    PullRequestDelivery,
    PullRequestReviewDelivery,
    Repository,
    RequestedRepository,
    Review,
)
from apps.metrics.processors.values import LONGEST_NAME

from .decoding import decode as decode_json
from .stored import StoredEvent

Wrap = Callable[[Any, Repository | UnsetType], Any]

WRAPPERS: dict[str, tuple[msgspec.json.Decoder[Any], Wrap]] = {
    "pull_request": (
        msgspec.json.Decoder(PullRequest),
        lambda found, repository: PullRequestDelivery(pull_request=found, repository=repository),
    ),
    "pull_request_review": (
        msgspec.json.Decoder(Review),
        lambda found, repository: PullRequestReviewDelivery(review=found, repository=repository),
    ),
    "commit": (
        msgspec.json.Decoder(Commit),
        lambda found, repository: CommitDelivery(commit=found, repository=repository),
    ),
}


def decode(event: StoredEvent) -> tuple[tuple[str, Any]]:
    if event.event_type not in WRAPPERS:
        raise Unreadable("", f"REST has no objects of type {event.event_type!r}")
    decoder, wrap = WRAPPERS[event.event_type]
    found = decode_json(decoder, event.json_bytes())
    return ((event.event_type, wrap(found, requested_repository(event))),)


def requested_repository(event: StoredEvent) -> Repository | UnsetType:
    """The repository as the request named it: reviews and commits say nothing of it.

    Raises `Unreadable` for a name that no column takes, as a Struct does that decodes one.
    """
    if not event.repository_id or not event.repository_name:
        return UNSET
    if (length := len(event.repository_name)) > LONGEST_NAME:
        reason = f"the repository's name has {length:,} characters, {LONGEST_NAME} are the most"
        raise Unreadable("", reason)
    return RequestedRepository(id=event.repository_id, full_name=event.repository_name)

"""Two stored events compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ingest.log.placing import FETCHED
from ingest.models import RawGitHubEvent
from ingest.replay.scope import UnknownScope
from ingest.routing import OBJECTS

from .diff import Change, changes
from .event import find_event
from .noise import is_noise
from .order import previous
from .payload import parsed


@dataclass(frozen=True)
class Comparison:
    """What changed from `before` to `after`; `before` is None where `after` is the first of its object.

    `compared` says what of the payloads: delivery or object. `noise` is how many changes are left out.
    """

    before: Any
    after: Any
    compared: str
    changes: list[Change]
    noise: int


def compare(event_id: int, other_id: int | None = None, *, everything: bool = False) -> Comparison:
    """An event against another, or against the one before it of the same object in GitHub's order.

    Raises `UnknownScope` for an id that is not there and for an event of no object, ValueError where a body
    is no JSON.
    """
    after = find_event(event_id)
    before = find_event(other_id) if other_id else _previous(after)
    if before is None:
        return Comparison(None, after, "", [], 0)
    compared, old, new = _comparable(before, after)
    shown, noise = [], 0
    for change in changes(old, new):
        if not everything and is_noise(change.path):
            noise += 1
        else:
            shown.append(change)
    return Comparison(before, after, compared, shown, noise)


def _previous(event: RawGitHubEvent) -> RawGitHubEvent | None:
    if not event.object_id:
        kind = event.event_type
        raise UnknownScope(
            f"a {kind} is about no pull request, review or commit: name the event to compare with"
        )
    return previous(event)


def _comparable(before: RawGitHubEvent, after: RawGitHubEvent) -> tuple[str, Any, Any]:
    """Delivery with delivery: all of it. A delivery with a bare object: the object inside."""
    old, new = payload_of(before), payload_of(after)
    if is_bare(before) == is_bare(after):
        return "object" if is_bare(after) else "delivery", old, new
    return "object", _inner(before, old), _inner(after, new)


def is_bare(event: RawGitHubEvent) -> bool:
    """An item of an API answer comes without the wrapper of a delivery."""
    return event.source in FETCHED


def _inner(event: RawGitHubEvent, payload: Any) -> Any:
    named = OBJECTS.get(event.event_type)
    if is_bare(event) or named is None or not isinstance(payload, dict):
        return payload
    return payload.get(named.key, payload)


def payload_of(event: RawGitHubEvent) -> Any:
    try:
        return parsed(event.json_bytes)
    except ValueError as error:
        raise ValueError(f"event {event.pk} can't be compared: {error}") from None

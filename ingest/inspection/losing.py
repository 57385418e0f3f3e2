"""Why an event did not set a field, in a plain sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET

from apps.metrics.processors.fold import UNKNOWN, Layer, Layers, Won
from ingest.log import instants

from .comparison import is_bare

# What GitHub tells of a pull request in its detail and in `pull_request` deliveries alone.
DETAIL_ONLY = {
    "additions": "additions",
    "deletions": "deletions",
    "changed_files": "changed_files",
    "commit_count": "commits",
}


@dataclass(frozen=True)
class Lost:
    """An event that carries the object and did not set the field; `said` is what it had there, if at all."""

    event_id: int | None
    reason: str
    said: Any = None


def lost(name: str, layers: Layers, won: Won | None, events: dict[int, Any]) -> list[Lost]:
    """Every event that lost the field `name`, the newest first."""
    read = layers.fields[name]
    found: dict[int | None, Lost] = {}
    for layer in layers.newest_first():
        if won is not None and layer.event_id == won.event_id:
            continue
        said = read(layer.value)
        if said is UNSET:
            found[layer.event_id] = Lost(layer.event_id, _lacks(name, events.get(layer.event_id or 0)))
        elif won is not None:
            found[layer.event_id] = Lost(layer.event_id, reason(layer, won), said)
    return list(found.values())


def _lacks(name: str, event: Any) -> str:
    key = DETAIL_ONLY.get(name)
    if key and event is not None and event.event_type == "pull_request_review":
        return f"lacks the key (the pull request in a review's delivery has no {key})"
    if key and event is not None and is_bare(event):
        return f"lacks the key (a list's item has no {key})"
    return "lacks the key"


def reason(layer: Layer, won: Won) -> str:
    """Why the layer is behind the winner, by the first part of the order that tells them apart."""
    mine, first = layer.order, won.order
    if mine.digest == first.digest and mine.own == first.own:
        return f"same content as event {won.event_id}"
    if mine.own != first.own:
        return f"not applied: {_newer_state(layer, won)} was already known"
    if mine.instant == UNKNOWN:
        return f"not applied: when it was sent is not known, when event {won.event_id} was is"
    if mine.instant != first.instant:
        return f"not applied: event {won.event_id} was sent later ({_at(first.instant)})"
    return f"not applied: sent in the same instant as event {won.event_id}, whose content hash is greater"


def _newer_state(layer: Layer, won: Won) -> str:
    own = won.order.own
    if isinstance(own, datetime):
        return f"a newer state ({_utc(own)})"
    return "a dismissal, which is final," if own == 2 else "a submitted state"


def _at(instant: int) -> str:
    found = instants.to_datetime(instant)
    return _utc(found) if found else "unknown"


def _utc(time: datetime) -> str:
    # Of messages within one second the fraction tells which was later.
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f").removesuffix(".000000")

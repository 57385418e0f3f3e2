"""The answer to "why is it so" for one field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.metrics.processors.fold import Layers, Won

from .folded import FoldedStream
from .inputs import Input
from .losing import Lost, lost


@dataclass(frozen=True)
class Why:
    """One field of a row. `value` is what the log says, `stored` what the row has.

    `event_id` set it (None where no event carries it, and for what is computed); `how` says so in words;
    `lost` are the events that did not set it, the newest first; `inputs` are what it was computed from.
    """

    name: str
    value: Any
    stored: Any
    how: str
    event_id: int | None = None
    lost: list[Lost] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        return bool(self.value != self.stored)


def fact(
    name: str, value: Any, stored: Any, layers: Layers, won: Mapping[str, Won], stream: FoldedStream
) -> Why:
    """A field that is read from one event."""
    winner = won.get(name)
    losers = lost(name, layers, winner, stream.events)
    if winner is None:
        return Why(name, value, stored, "not collected: no event carries it", None, losers)
    how = stream.told(winner.event_id)
    if winner.value is None:
        how += " (null)"
    return Why(name, value, stored, how, winner.event_id, losers)

"""What makes a function a processor: the one signature, and its payload's type and version beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from .errors import Unreadable
from .state import StreamState

if TYPE_CHECKING:
    from apps.teams.models import Team

Fold = Callable[[Any, StreamState], None]


class Processor:
    """`handle_x_event(team, payload, *, into=None)`: one event of GitHub's, folded or applied.

    `payload` is a delivery-shaped dict or its decoded Struct. With `into`, the state of one stream in
    memory, it only folds: no query, no clock, no settings, no effect. Live processing and replay call it
    so, once an event. Without, the rows that are there are the state, this payload is folded into them (an
    older one changes nothing) and what differs is written; returns the row or None.

    Raises `Unreadable` for a payload that it can't read.
    """

    def __init__(self, fold: Fold, payload_type: type[msgspec.Struct], version: int) -> None:
        self.fold = fold
        self.payload_type = payload_type
        self.version = version
        self.__name__ = fold.__name__
        self.__doc__ = fold.__doc__

    def __call__(self, team: Team, payload: Any, *, into: StreamState | None = None) -> Any:
        if into is not None:
            return self.fold(self.decoded(payload), into)
        # The writer is above the processors and knows the database; they don't.
        from apps.metrics.projection.direct import apply

        return apply(self, team, payload)

    def decoded(self, payload: Any) -> Any:
        if type(payload) is self.payload_type:
            return payload
        try:
            return msgspec.convert(payload, self.payload_type)
        except msgspec.ValidationError as error:
            raise Unreadable.from_msgspec(error) from None


def processor(payload_type: type[msgspec.Struct], version: int) -> Callable[[Fold], Processor]:
    """`version` only grows; it grows with every change of what the processor makes of a payload."""
    return lambda fold: Processor(fold, payload_type, version)

"""The fold: what a set of events says of an object, whatever order they came in.

Each event's version of an object is a *layer* with its place in the order. An object is resolved field by
field: the greatest layer that carries the key wins. Taking a maximum is commutative, associative and
idempotent, which is why arrival order, repetition and chunk size can't matter (law 5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from msgspec import UNSET

NEVER = datetime.min.replace(tzinfo=UTC)
UNKNOWN = -1
# Of what a request said, not GitHub.
ASKED = -2


class Order(NamedTuple):
    """An event's place for one object: what the object itself says, the message's instant, the content's
    hash.

    `own` is a pull request's `updated_at`; a review has no such time and its state's step stands there; a
    commit's and a name's are all equal. `instant` in ticks of 100 ns since 1970. Unknown sorts first, in
    both.
    """

    own: Any
    instant: int
    digest: str


class Layer(NamedTuple):
    order: Order
    event_id: int | None
    value: Any


class Won(NamedTuple):
    """A field's value and the layer that gave it."""

    value: Any
    order: Order
    event_id: int | None


Field = Callable[[Any], Any]
Fields = Mapping[str, Field]

# A stream of thousands of deliveries is folded in bounded memory: past this many layers, those that win
# nothing go.
COMPACT_AT = 64


class Layers(list[Layer]):
    """The layers of one object."""

    __slots__ = ("fields", "keep_all")

    def __init__(self, fields: Fields, keep_all: bool = False) -> None:
        super().__init__()
        self.fields = fields
        self.keep_all = keep_all

    def add(self, layer: Layer) -> None:
        self.append(layer)
        if len(self) > COMPACT_AT and not self.keep_all:
            self[:] = self._winners()

    def resolve(self) -> dict[str, Won]:
        """Each field that some layer carries, with the greatest layer that does."""
        won: dict[str, Won] = {}
        missing = list(self.fields.items())
        for layer in self.newest_first():
            still = []
            for name, read in missing:
                value = read(layer.value)
                if value is UNSET:
                    still.append((name, read))
                else:
                    won[name] = Won(value, layer.order, layer.event_id)
            if not still:
                break
            missing = still
        return won

    def newest_first(self) -> Iterable[Layer]:
        # Equal orders are equal contents; the lowest event id is the one that came first.
        return sorted(self, key=_place, reverse=True)

    def _winners(self) -> list[Layer]:
        places = {(won.order, won.event_id) for won in self.resolve().values()}
        # Of one event's own two (a repository named twice) the first stands, as it does in `resolve`.
        kept = {(x.order, x.event_id): x for x in reversed(self) if (x.order, x.event_id) in places}
        return list(kept.values())


def _place(layer: Layer) -> tuple[Order, int]:
    return layer.order, -(layer.event_id or 0)


def values(won: Mapping[str, Won]) -> dict[str, Any]:
    return {name: field.value for name, field in won.items()}


def within(outer: Field, name: str) -> Field:
    """Read `name` of a nested object: an object that is null has null fields, an absent one has absent
    fields.
    """
    inner = attrgetter(name)

    def read(value: Any) -> Any:
        nested = outer(value)
        return nested if nested is UNSET or nested is None else inner(nested)

    return read


def or_null(read: Field) -> Field:
    """For fields of one object that is taken whole: what a present object lacks is null, not absent."""

    def read_whole(value: Any) -> Any:
        found = read(value)
        return None if found is UNSET else found

    return read_whole

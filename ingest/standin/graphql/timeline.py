"""What happened to a pull request, from the same moments as its deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..facts import Pull, Repository
from ..moments import Moment
from ..shapes.addresses import instant, node_id
from ..shapes.pull_request import label
from .asking import Shape
from .commits import only_oid
from .connections import Page
from .people import actor

_TYPES = {
    "ready_for_review": "ReadyForReviewEvent",
    "converted_to_draft": "ConvertToDraftEvent",
    "reopened": "ReopenedEvent",
    "labeled": "LabeledEvent",
}
_PREFIXES = {
    "ClosedEvent": "CE",
    "ConvertToDraftEvent": "CTDE",
    "LabeledEvent": "LE",
    "MergedEvent": "ME",
    "ReadyForReviewEvent": "RFRE",
    "ReopenedEvent": "REE",
}
_ITEM_TYPES = {
    "CLOSED_EVENT": "ClosedEvent",
    "CONVERT_TO_DRAFT_EVENT": "ConvertToDraftEvent",
    "LABELED_EVENT": "LabeledEvent",
    "MERGED_EVENT": "MergedEvent",
    "READY_FOR_REVIEW_EVENT": "ReadyForReviewEvent",
    "REOPENED_EVENT": "ReopenedEvent",
}


def timeline(pull: Pull, place: Repository, moments: list[Moment], arguments: dict[str, Any]) -> Shape:
    """`totalCount` counts the items of the wanted types."""
    wanted = arguments.get("itemTypes")
    types = None if wanted is None else {_ITEM_TYPES[name] for name in wanted}
    items = [item for item in _items(pull, place, moments) if types is None or item["__typename"] in types]
    return Page(items, arguments).connection(lambda item: item)


def _items(pull: Pull, place: Repository, moments: list[Moment]) -> Iterator[Shape]:
    for index, moment in enumerate(moments):
        for type_ in _types(moment):
            yield {
                "__typename": type_,
                "actor": actor(moment.actor),
                "commit": only_oid(moment.data["merge_sha"], place) if type_ == "MergedEvent" else None,
                "createdAt": instant(moment.at),
                "id": node_id(_PREFIXES[type_], place.id, pull.id, index),
                "label": _label(moment, place),
            }


def _types(moment: Moment) -> tuple[str, ...]:
    if moment.action == "closed":
        return ("MergedEvent", "ClosedEvent") if moment.data["merged"] else ("ClosedEvent",)
    type_ = _TYPES.get(moment.action)
    return (type_,) if type_ else ()


def _label(moment: Moment, place: Repository) -> Shape | None:
    if moment.action != "labeled":
        return None
    rest = label(moment.data["label"], place)
    return {"id": rest["node_id"], **{key: rest[key] for key in ("name", "color", "description")}}

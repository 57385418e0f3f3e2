"""Reviews, oldest first; a PENDING one is shown to its author only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..facts import Pull, Repository, Review, User
from ..moments import Moment
from ..shapes.addresses import instant, node_id
from .asking import Shape
from .commits import only_oid
from .connections import Page
from .people import actor, database_id


def reviews(
    viewer: User,
    pull: Pull,
    place: Repository,
    moments: list[Moment],
    arguments: dict[str, Any],
) -> Shape:
    states = arguments.get("states")
    shown = [
        item
        for item in pull.reviews
        if (item.state != "PENDING" or item.user == viewer) and (states is None or item.state in states)
    ]
    return Page(shown, arguments).connection(lambda item: _review(item, place, moments))


def _review(item: Review, place: Repository, moments: list[Moment]) -> Shape:
    began, changed = _times(item, moments)
    return {
        "author": actor(item.user),
        "body": item.body,
        "commit": only_oid(item.commit, place),
        "createdAt": instant(began),
        "databaseId": database_id(item.id),
        "fullDatabaseId": str(item.id),
        "id": node_id("PRR", place.id, item.id),
        "state": item.state,
        "submittedAt": instant(item.submitted_at),
        "updatedAt": instant(changed),
    }


def _times(item: Review, moments: list[Moment]) -> tuple[datetime, datetime]:
    began = next(
        moment.at for moment in moments if "review" in moment.data and moment.data["review"].id == item.id
    )
    dismissed = [moment.at for moment in moments if moment.data.get("review_id") == item.id]
    return began, dismissed[-1] if dismissed else began

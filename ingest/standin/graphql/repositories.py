"""A repository by its name, past or present, and what stands in the way of it."""

from __future__ import annotations

from typing import Any

from .. import places
from ..facts import Repository
from ..shapes.addresses import WEB, instant, node_id
from ..world import World
from . import errors, pulls
from .asking import Asking, Shape
from .people import actor, database_id


def find_repository(asking: Asking, owner: str, name: str, followRenames: bool = True) -> Shape:
    standin, wanted = asking.standin, f"{owner}/{name}"
    world = places.by_name(standin, wanted)
    if world is None and followRenames:
        world = places.by_former_name(standin, wanted)
    if world is None or not places.visible(standin, asking.request, world):
        raise errors.no_repository(wanted)
    if standin.behaviour.saml:
        raise errors.saml()
    if standin.behaviour.blocked:
        raise errors.blocked()
    if standin.behaviour.disabled:
        raise errors.disabled()
    return repository(asking, world.repository, world)


def repository(asking: Asking, place: Repository, world: World | None) -> Shape:
    """`world` is None for a fork, of which nothing but its name is known."""
    empty = asking.standin.behaviour.empty

    def pull_request(info: Any, number: int) -> Shape | errors.Refused:
        if asking.standin.behaviour.forbidden:
            raise errors.forbidden()
        if world is None or number not in world or empty:
            raise errors.no_pull_request(number)
        return pulls.node(asking, world, number)

    def pull_requests(info: Any, **arguments: Any) -> Shape:
        if world is None:
            raise errors.broken(asking.request_id)
        return pulls.list_pulls(asking, world, arguments)

    return {
        "createdAt": instant(place.created_at),
        "databaseId": database_id(place.id),
        "defaultBranchRef": None if empty else {"id": node_id("REF", place.id, "main"), "name": "main"},
        "description": place.description,
        "id": node_id("R", place.id),
        "isArchived": place.archived,
        "isDisabled": False,
        "isEmpty": empty,
        "isFork": place.is_fork,
        "isPrivate": place.private,
        "name": place.name,
        "nameWithOwner": place.full_name,
        "owner": actor(place.owner),
        "pullRequest": pull_request,
        "pullRequests": pull_requests,
        "pushedAt": instant(place.pushed_at),
        "updatedAt": instant(place.pushed_at),
        "url": f"{WEB}/{place.full_name}",
        "viewerCanAdminister": place.can_admin,
    }

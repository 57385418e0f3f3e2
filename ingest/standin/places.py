"""Which repository or organization a path means, and what stands in the way of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import refusals
from .answer import Answer, Request
from .world import World

if TYPE_CHECKING:
    from .server import Standin


def find(standin: Standin, request: Request, parts: dict[str, str], inside: bool = False) -> World | Answer:
    """The repository of a path, by number or by name; `inside`: something that lies in it is wanted."""
    if "id" in parts:
        world = next((w for w in standin.worlds if w.repository.id == int(parts["id"])), None)
    else:
        name = f"{parts['owner']}/{parts['repository']}"
        world = by_name(standin, name)
        if world is None:
            former = by_former_name(standin, name)
            return _moved(standin, request, former, name) if former else refusals.not_found()
    if world is None:
        return refusals.not_found()
    return _barrier(standin, request, world, inside) or world


def find_organization(standin: Standin, parts: dict[str, str]) -> list[World] | Answer:
    wanted = parts["organization"]
    worlds = [
        world
        for world in standin.worlds
        if wanted in (world.people.organization.login, str(world.people.organization.id))
    ]
    if not worlds:
        return refusals.not_found()
    if standin.behaviour.saml:
        return refusals.saml(worlds[0].people.organization.login)
    return worlds


def visible(standin: Standin, request: Request, world: World) -> bool:
    return not standin.behaviour.hidden and not (world.repository.private and request.token is None)


def by_name(standin: Standin, name: str) -> World | None:
    return next((w for w in standin.worlds if w.repository.full_name.lower() == name.lower()), None)


def by_former_name(standin: Standin, name: str) -> World | None:
    """Only asked when nobody has the name: a new repository under an old name ends the redirect."""
    for world in standin.worlds:
        owner = world.repository.owner.login
        if any(name.lower() == f"{owner}/{former}".lower() for _, former, _ in world.renamings):
            return world
    return None


def _moved(standin: Standin, request: Request, world: World, name: str) -> Answer:
    if standin.behaviour.hidden:
        return refusals.not_found()
    rest = request.target[len(f"/repos/{name}") :]
    return refusals.moved(f"{standin.url}/repositories/{world.repository.id}{rest}")


def _barrier(standin: Standin, request: Request, world: World, inside: bool) -> Answer | None:
    behaviour = standin.behaviour
    if not visible(standin, request, world):
        return refusals.not_found()
    if behaviour.saml:
        return refusals.saml(world.repository.owner.login)
    if behaviour.blocked:
        return refusals.blocked()
    if behaviour.disabled:
        return refusals.disabled()
    # A token may see that a repository is there without the right to read its pull requests.
    if behaviour.forbidden and inside:
        return refusals.forbidden()
    return None

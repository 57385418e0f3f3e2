"""The lists of an account's repositories, and of those that a token may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answer import Answer, Request, ok
from .paging import cut, links
from .places import visible
from .shapes import repository
from .world import World

if TYPE_CHECKING:
    from .server import Standin

Parts = dict[str, str]

AFFILIATIONS = "owner,collaborator,organization_member"


def list_own(standin: Standin, request: Request, parts: Parts) -> Answer:
    """`GET /user/repos`: what the token's owner owns, and what belongs to organizations they are in."""
    wanted = request.query.get("affiliation", AFFILIATIONS).split(",")
    viewer = standin.world.people.viewer.login

    def belongs(world: World) -> bool:
        return ("owner" if world.repository.owner.login == viewer else "organization_member") in wanted

    return _listed(standin, request, "/user/repos", [w for w in standin.worlds if belongs(w)])


def list_of_user(standin: Standin, request: Request, parts: Parts) -> Answer:
    """`GET /users/{login}/repos`: the public ones only, whoever asks."""
    owned = [
        world
        for world in standin.worlds
        if world.repository.owner.login.lower() == parts["user"].lower() and not world.repository.private
    ]
    return _listed(standin, request, f"/users/{parts['user']}/repos", owned)


def _listed(standin: Standin, request: Request, path: str, worlds: list[World]) -> Answer:
    shown = [world for world in worlds if visible(standin, request, world)]
    if request.query.get("sort", "full_name") == "full_name":
        shown.sort(key=lambda world: world.repository.full_name)
    headers = links(request, standin.url + path, len(shown))
    return ok([repository.in_list(world.repository) for world in cut(shown, request)], **headers)

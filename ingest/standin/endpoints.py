"""The REST endpoints. Each takes the stand-in, the request and the parts of its path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import refusals
from .answer import Answer, Request, ok
from .facts import Pull
from .limits import GRAPHQL
from .paging import cut, links, page_of
from .places import find, find_organization, visible
from .shapes import commit, pull_request, repository, review, user
from .world import World

if TYPE_CHECKING:
    from .server import Standin

COMMITS_LISTED = 250  # GitHub lists no more of one pull request, on however many pages

Parts = dict[str, str]


def get_repository(standin: Standin, request: Request, parts: Parts) -> Answer:
    world = find(standin, request, parts)
    return world if isinstance(world, Answer) else ok(repository.alone(world.repository))


def list_pulls(standin: Standin, request: Request, parts: Parts) -> Answer:
    world = find(standin, request, parts, inside=True)
    if isinstance(world, Answer):
        return world
    query = request.query
    sort = query.get("sort", "created")
    # GitHub's default direction depends on the order asked for.
    direction = query.get("direction") or ("desc" if sort == "created" else "asc")
    numbers = [] if standin.behaviour.empty else world.numbers(query.get("state", "open"), sort, direction)
    answer = _page(
        standin,
        request,
        f"/repositories/{world.repository.id}/pulls",
        numbers,
        lambda number: pull_request.simple(world.pull(number), world.repository),
    )
    _shift(standin, world, numbers, request)
    return answer


def get_pull(standin: Standin, request: Request, parts: Parts) -> Answer:
    found = _find_pull(standin, request, parts)
    if isinstance(found, Answer):
        return found
    world, pull = found
    return ok(pull_request.full(pull, world.repository))


def list_reviews(standin: Standin, request: Request, parts: Parts) -> Answer:
    found = _find_pull(standin, request, parts)
    if isinstance(found, Answer):
        return found
    world, pull = found
    # Oldest first; a pending review is shown to its author only.
    visible = [r for r in pull.reviews if r.state != "PENDING" or r.user == world.people.viewer]
    return _page(
        standin,
        request,
        f"/repositories/{world.repository.id}/pulls/{pull.number}/reviews",
        visible,
        lambda item: review.review(item, pull, world.repository),
    )


def list_commits(standin: Standin, request: Request, parts: Parts) -> Answer:
    if standin.behaviour.empty:
        return refusals.empty()
    found = _find_pull(standin, request, parts)
    if isinstance(found, Answer):
        return found
    world, pull = found
    return _page(
        standin,
        request,
        f"/repositories/{world.repository.id}/pulls/{pull.number}/commits",
        pull.commits[:COMMITS_LISTED],
        lambda item: commit.commit(item, world.repository),
    )


def get_organization(standin: Standin, request: Request, parts: Parts) -> Answer:
    worlds = find_organization(standin, parts)
    return worlds if isinstance(worlds, Answer) else ok(user.organization(worlds[0].people.organization))


def list_repositories(standin: Standin, request: Request, parts: Parts) -> Answer:
    worlds = find_organization(standin, parts)
    if isinstance(worlds, Answer):
        return worlds
    url = f"/organizations/{worlds[0].people.organization.id}/repos"
    shown = [world for world in worlds if visible(standin, request, world)]
    return _page(standin, request, url, shown, lambda world: repository.in_list(world.repository))


def get_rate_limit(standin: Standin, request: Request, parts: Parts) -> Answer:
    if standin.behaviour.rate_limit_off:
        return refusals.not_found()  # Enterprise Server with limits switched off
    core = standin.limits.numbers(request.token, standin.clock())
    resources = {
        "core": core,
        "search": {**core, "limit": 30, "remaining": 30, "used": 0},
        "graphql": standin.limits.numbers(request.token, standin.clock(), GRAPHQL),
    }
    return ok({"resources": resources, "rate": core})


def _find_pull(standin: Standin, request: Request, parts: Parts) -> Answer | tuple[World, Pull]:
    world = find(standin, request, parts, inside=True)
    if isinstance(world, Answer):
        return world
    number = int(parts["number"])
    if number not in world or standin.behaviour.empty:
        return refusals.not_found()
    return world, world.pull(number)


def _page(
    standin: Standin, request: Request, path: str, items: Sequence[Any], shape: Callable[[Any], Any]
) -> Answer:
    headers = links(request, standin.url + path, len(items))
    return ok([shape(item) for item in cut(items, request)], **headers)


def _shift(standin: Standin, world: World, numbers: list[int], request: Request) -> None:
    page, per_page = page_of(request)
    for number in numbers[page * per_page :][: standin.behaviour.shift_rows]:
        world.touch(number)

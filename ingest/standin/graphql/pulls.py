"""Pull requests, with the facts that REST and the deliveries tell of them."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..facts import Pull, Repository
from ..shapes.addresses import WEB, instant, node_id
from ..shapes.pull_request import label
from ..world import World
from . import errors, repositories
from .asking import Asking, Shape
from .commits import commits, only_oid
from .connections import Key, Page
from .people import actor, database_id
from .reviews import reviews
from .timeline import timeline


def list_pulls(asking: Asking, world: World, arguments: dict[str, Any]) -> Shape:
    if asking.standin.behaviour.forbidden:
        raise errors.forbidden()
    order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    descending = order["direction"] == "DESC"
    sort = "updated" if order["field"] == "UPDATED_AT" else "created"
    numbers = [] if asking.standin.behaviour.empty else world.numbers("all", sort, order["direction"].lower())
    states = arguments.get("states")
    if states is not None:
        numbers = [number for number in numbers if state_of(world, number) in states]

    def key(number: int) -> Key:
        outline = world.outlines[number]
        return [instant(outline.updated_at if sort == "updated" else outline.created_at), number]

    page = Page(numbers, arguments, key, descending)
    _shift(asking, world, numbers[page.end :])
    return page.connection(lambda number: node(asking, world, number))


def node(asking: Asking, world: World, number: int) -> Shape | errors.Refused:
    """A pull request, or the error that stands where it would be."""
    behaviour = asking.standin.behaviour
    if behaviour.scarce_nodes and asking.cost.nodes > behaviour.scarce_nodes:
        return errors.exhausted()
    if _fails(behaviour.null_pulls, number):
        return errors.broken(asking.request_id)
    return pull_request(asking, world, world.pull(number))


def state_of(world: World, number: int) -> str:
    outline = world.outlines[number]
    return "MERGED" if outline.merged else outline.state.upper()


def pull_request(asking: Asking, world: World, pull: Pull) -> Shape:
    place = world.repository
    source = pull.head_repository
    if source is not None and not source.is_fork:
        source = place  # under its present name
    merged = pull.merged_at is not None
    moments = world.moments(pull.number)

    def _reviews(info: Any, **arguments: Any) -> Shape:
        if _fails(asking.standin.behaviour.null_reviews, pull.number):
            raise errors.broken(asking.request_id)
        return reviews(world.people.viewer, pull, place, moments, arguments)

    return {
        "__typename": "PullRequest",
        "additions": pull.additions,
        "author": actor(pull.author),
        "baseRefName": pull.base_ref,
        "baseRefOid": pull.base_sha,
        "baseRepository": lambda info: repositories.repository(asking, place, world),
        "body": pull.body or "",  # never null, where REST tells whether anything was typed
        "changedFiles": pull.changed_files,
        "closed": pull.state == "closed",
        "closedAt": instant(pull.closed_at),
        "commits": lambda info, **arguments: commits(pull, place, arguments),
        "createdAt": instant(pull.created_at),
        "databaseId": database_id(pull.id),
        "deletions": pull.deletions,
        "fullDatabaseId": str(pull.id),
        "headRefName": pull.head_ref,
        "headRefOid": pull.head_sha,
        "headRepository": lambda info: (
            repositories.repository(asking, source, world if source is place else None) if source else None
        ),
        "headRepositoryOwner": actor(pull.head_owner) if source else None,
        "id": node_id("PR", place.id, pull.id),
        "isCrossRepository": source is not place,
        "isDraft": pull.draft,
        "labels": lambda info, **arguments: _labels(pull, place, arguments),
        "mergeCommit": only_oid(pull.merge_sha, place) if merged and pull.merge_sha else None,
        "merged": merged,
        "mergedAt": instant(pull.merged_at),
        "mergedBy": actor(pull.merged_by),
        "number": pull.number,
        # REST's `merge_commit_sha` is either of the two.
        "potentialMergeCommit": only_oid(pull.merge_sha, place) if not merged and pull.merge_sha else None,
        "reviews": _reviews,
        "state": "MERGED" if merged else pull.state.upper(),
        "timelineItems": lambda info, **arguments: timeline(pull, place, moments, arguments),
        "title": pull.title,
        "updatedAt": instant(pull.updated_at),
        "url": f"{WEB}/{place.full_name}/pull/{pull.number}",
    }


def _labels(pull: Pull, place: Repository, arguments: dict[str, Any]) -> Shape:
    def shape(name: str) -> Shape:
        rest = label(name, place)
        return {"id": rest["node_id"], **{key: rest[key] for key in ("name", "color", "description")}}

    return Page(pull.labels, arguments).connection(shape)


def _fails(left: dict[int, int], number: int) -> bool:
    """Counts down how many answers still lack the part of this pull request."""
    if left.get(number, 0) <= 0:
        return False
    left[number] -= 1
    return True


def _shift(asking: Asking, world: World, following: list[int]) -> None:
    for number in following[: asking.standin.behaviour.shift_rows]:
        asking.afterwards.append(partial(world.touch, number))

"""The endpoints of a repository's webhooks and of their deliveries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from . import deliveries, refusals
from .answer import Answer, Request, ok, packed
from .hooks import Attempt, Hook, Taken
from .paging import cut, links, page_of
from .places import find
from .shapes import hook as shape
from .world import World

if TYPE_CHECKING:
    from .server import Standin

Parts = dict[str, str]
Found = tuple[World, Hook]


def list_hooks(standin: Standin, request: Request, parts: Parts) -> Answer:
    world = _open(standin, request, parts)
    if isinstance(world, Answer):
        return world
    hooks = standin.hooks.of(world.repository.id)
    headers = links(request, f"{standin.url}/repositories/{world.repository.id}/hooks", len(hooks))
    return ok([_shape(standin, world, hook) for hook in cut(hooks, request)], **headers)


def create_hook(standin: Standin, request: Request, parts: Parts) -> Answer:
    world = _open(standin, request, parts)
    if isinstance(world, Answer):
        return world
    given = _given(request)
    config = given.get("config", {})
    if world.repository.archived:
        return refusals.archived()
    if not config.get("url"):
        return refusals.invalid("Hook", "config must include a value for url")
    try:
        hook = standin.hooks.add(
            world,
            config["url"],
            config.get("secret"),
            events=given.get("events") or ("push",),
            content_type=config.get("content_type", "form"),
            insecure_ssl=str(config.get("insecure_ssl", "0")),
            active=given.get("active", True),
        )
    except Taken:
        return refusals.invalid("Hook", "Hook already exists on this repository")
    made = Answer(201, packed(_shape(standin, world, hook)))
    _ping(standin, world, hook)
    return made


def get_hook(standin: Standin, request: Request, parts: Parts) -> Answer:
    found = _find(standin, request, parts)
    return found if isinstance(found, Answer) else ok(_shape(standin, *found))


def change_hook(standin: Standin, request: Request, parts: Parts) -> Answer:
    found = _find(standin, request, parts)
    if isinstance(found, Answer):
        return found
    world, hook = found
    given = _given(request)
    fields = {name: given[name] for name in ("active",) if name in given}
    if "config" in given:
        # As a whole: a configuration without the secret takes the secret away.
        config = given["config"]
        fields |= {"url": config.get("url", hook.url), "secret": config.get("secret")}
        fields["content_type"] = config.get("content_type", "form")
        fields["insecure_ssl"] = str(config.get("insecure_ssl", "0"))
    events = given.get("events", list(hook.events))
    events += [name for name in given.get("add_events", ()) if name not in events]
    fields["events"] = tuple(name for name in events if name not in given.get("remove_events", ()))
    try:
        return ok(_shape(standin, world, standin.hooks.change(hook, **fields)))
    except Taken:
        return refusals.invalid("Hook", "Hook already exists on this repository")


def delete_hook(standin: Standin, request: Request, parts: Parts) -> Answer:
    found = _find(standin, request, parts)
    if isinstance(found, Answer):
        return found
    standin.hooks.remove(found[1])
    return Answer(204, b"")


def ping_hook(standin: Standin, request: Request, parts: Parts) -> Answer:
    found = _find(standin, request, parts)
    if isinstance(found, Answer):
        return found
    _ping(standin, *found)
    return Answer(204, b"")


def _ping(standin: Standin, world: World, hook: Hook) -> None:
    standin.hooks.send(hook, [deliveries.ping(world, hook.url, hook_id=hook.id, at=standin.clock())])


def list_deliveries(standin: Standin, request: Request, parts: Parts) -> Answer:
    found = _find(standin, request, parts)
    if isinstance(found, Answer):
        return found
    world, hook = found
    cursor = request.query.get("cursor", "")
    if cursor and not cursor.removeprefix("v1_").isdecimal():
        return refusals.bad_request()
    before = int(cursor.removeprefix("v1_")) if cursor else None
    rows = [a for a in standin.hooks.kept(hook) if before is None or a.id < before]
    _, per_page = page_of(request)
    shown, rest = rows[:per_page], rows[per_page:]
    headers = {}
    if rest:
        # Cursors, unlike numbered pages, do not shift when a newer delivery arrives; there is no `last`.
        query = urlencode({"per_page": per_page, "cursor": f"v1_{shown[-1].id}"})
        url = f"{standin.url}/repositories/{world.repository.id}/hooks/{hook.id}/deliveries"
        headers["Link"] = f'<{url}?{query}>; rel="next"'
    return ok([shape.delivery_item(attempt) for attempt in shown], **headers)


def get_delivery(standin: Standin, request: Request, parts: Parts) -> Answer:
    found = _find_attempt(standin, request, parts)
    return found if isinstance(found, Answer) else ok(shape.delivery(found))


def redeliver(standin: Standin, request: Request, parts: Parts) -> Answer:
    found = _find_attempt(standin, request, parts)
    if isinstance(found, Answer):
        return found
    standin.hooks.redeliver(found)
    return Answer(202, b"{}")


def _open(standin: Standin, request: Request, parts: Parts) -> World | Answer:
    """The repository, where the token may see its hooks: GitHub asks for the right to administrate it."""
    world = find(standin, request, parts, inside=True)
    if isinstance(world, Answer):
        return world
    if not world.repository.can_admin:
        return refusals.not_found()
    if standin.behaviour.hooks_refused:
        return refusals.not_found() if standin.behaviour.hooks_refused == 404 else refusals.forbidden()
    return world


def _find(standin: Standin, request: Request, parts: Parts) -> Found | Answer:
    world = _open(standin, request, parts)
    if isinstance(world, Answer):
        return world
    hook = standin.hooks.all.get(int(parts["hook"]))
    if hook is None or hook.repository_id != world.repository.id:
        return refusals.not_found()
    return world, hook


def _find_attempt(standin: Standin, request: Request, parts: Parts) -> Attempt | Answer:
    found = _find(standin, request, parts)
    if isinstance(found, Answer):
        return found
    wanted = int(parts["delivery"])
    attempt = next((a for a in standin.hooks.kept(found[1]) if a.id == wanted), None)
    return attempt or refusals.not_found()


def _shape(standin: Standin, world: World, hook: Hook) -> dict[str, Any]:
    return shape.hook(hook, world.repository, standin.hooks.last(hook))


def _given(request: Request) -> dict[str, Any]:
    try:
        value = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

"""What GitHub decides before it looks at the address, in this order. The first answer wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import refusals
from .answer import Answer, Request
from .limits import GRAPHQL, WEB, points_of, resource_of

if TYPE_CHECKING:
    from .server import Standin

Gate = Callable[["Standin", Request], Answer | None]


def dropped(standin: Standin, request: Request) -> Answer | None:
    return Answer(0, b"", dropped=True) if _is_turn(standin, standin.behaviour.drop_every) else None


def server_error(standin: Standin, request: Request) -> Answer | None:
    if not _is_turn(standin, standin.behaviour.error_every):
        return None
    errors = standin.behaviour.errors
    standin.failures += 1
    return refusals.server_error(errors[(standin.failures - 1) % len(errors)])


def user_agent(standin: Standin, request: Request) -> Answer | None:
    return None if request.headers.get("user-agent") else refusals.no_user_agent()


def credentials(standin: Standin, request: Request) -> Answer | None:
    behaviour, token = standin.behaviour, request.token
    if resource_of(request) == WEB:
        return None
    if behaviour.revoke_after and token and standin.turn > behaviour.revoke_after:
        behaviour.revoked.add(token)
    if token is None:
        return refusals.bad_credentials() if request.headers.get("authorization") else None
    known = behaviour.tokens is None or token in behaviour.tokens
    return refusals.bad_credentials() if not known or token in behaviour.revoked else None


def primary_limit(standin: Standin, request: Request) -> Answer | None:
    resource = resource_of(request)
    if request.path == "/rate_limit" or resource == WEB:
        return None
    if not standin.limits.exceeded(request.token, standin.clock(), resource):
        return None
    viewer = standin.worlds[0].people.viewer
    if resource == GRAPHQL:
        return refusals.graphql_rate_limited(standin.behaviour.graphql_rate_limit_type, viewer)
    return refusals.rate_limited(standin.behaviour.rate_limit_status, viewer)


def secondary_limit(standin: Standin, request: Request) -> Answer | None:
    resource = resource_of(request)
    if resource == WEB:
        return None
    if not standin.limits.too_fast(request.token, standin.clock(), resource, points_of(request)):
        return None
    return refusals.secondary_limited(standin.behaviour.secondary_status, standin.behaviour.retry_after)


GATES: tuple[Gate, ...] = (dropped, server_error, user_agent, credentials, secondary_limit, primary_limit)


def is_cut(standin: Standin) -> bool:
    return _is_turn(standin, standin.behaviour.cut_every)


def _is_turn(standin: Standin, every: int) -> bool:
    return bool(every) and standin.turn % every == 0

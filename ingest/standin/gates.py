"""What GitHub decides before it looks at the address, in this order. The first answer wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import refusals
from .answer import Answer, Request

if TYPE_CHECKING:
    from .server import Standin

# Pages of github.com, not of the API: they know neither tokens nor its limits.
_PAGES = "/login/"
# Who asks here is an app with its own name and secret; the endpoint looks at them.
_OF_APPS = "/applications/"

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
    if request.path.startswith((_PAGES, _OF_APPS)):
        return None
    if behaviour.revoke_after and token and standin.turn > behaviour.revoke_after:
        behaviour.revoked.add(token)
    if token is None:
        return refusals.bad_credentials() if request.headers.get("authorization") else None
    known = behaviour.tokens is None or token in behaviour.tokens
    return refusals.bad_credentials() if not known or token in behaviour.revoked else None


def primary_limit(standin: Standin, request: Request) -> Answer | None:
    if request.path == "/rate_limit" or request.path.startswith((_PAGES, _OF_APPS)):
        return None
    if not standin.limits.exceeded(request.token, standin.clock()):
        return None
    return refusals.rate_limited(standin.behaviour.rate_limit_status, standin.worlds[0].people.viewer)


def secondary_limit(standin: Standin, request: Request) -> Answer | None:
    if request.path.startswith((_PAGES, _OF_APPS)):
        return None
    if not standin.limits.too_fast(request.token, standin.clock()):
        return None
    return refusals.secondary_limited(standin.behaviour.secondary_status, standin.behaviour.retry_after)


GATES: tuple[Gate, ...] = (dropped, server_error, user_agent, credentials, secondary_limit, primary_limit)


def is_cut(standin: Standin) -> bool:
    return _is_turn(standin, standin.behaviour.cut_every)


def _is_turn(standin: Standin, every: int) -> bool:
    return bool(every) and standin.turn % every == 0

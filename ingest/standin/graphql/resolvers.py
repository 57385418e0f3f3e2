"""The fields of `Query`. Below are values under GitHub's names; functions are called when asked for."""

from __future__ import annotations

from typing import Any

from ..limits import GRAPHQL
from ..shapes.addresses import instant
from .asking import Asking, Shape
from .people import actor
from .repositories import find_repository
from .searching import search


def root(asking: Asking) -> Shape:
    return {
        "rateLimit": lambda info: _rate_limit(asking),
        "repository": lambda info, **arguments: find_repository(asking, **arguments),
        "search": lambda info, type, **arguments: search(asking, **arguments),
        "viewer": lambda info: actor(asking.viewer),
    }


def _rate_limit(asking: Asking) -> dict[str, Any] | None:
    limits = asking.standin.limits
    if limits.behaviour.rate_limit_off:
        return None
    numbers = limits.numbers(asking.request.token, asking.now, GRAPHQL)
    return {
        "cost": asking.cost.points,
        "limit": numbers["limit"],
        "nodeCount": asking.cost.nodes,
        "remaining": numbers["remaining"],
        "resetAt": instant(limits.reset_at(asking.request.token, asking.now, GRAPHQL)),
        "used": numbers["used"],
    }

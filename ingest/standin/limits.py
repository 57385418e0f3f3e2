"""Primary and secondary rate limits, kept per token and resource: `core` (REST) and `graphql`."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .answer import Request
from .behaviour import Behaviour

CORE, GRAPHQL, WEB = "core", "graphql", "web"

_HOUR, _MINUTE = 3600, 60
_ANONYMOUS = 60  # requests an hour without a token
_READING = {"GET", "HEAD", "OPTIONS"}
# Pages of github.com, and an app that asks with its own secret: no token, so none of its limits.
_UNLIMITED = ("/login/", "/applications/")


def resource_of(request: Request) -> str:
    if request.path.startswith(_UNLIMITED):
        return WEB
    return GRAPHQL if request.path == "/graphql" else CORE


def points_of(request: Request) -> int:
    """Of the secondary limit: what changes something costs five, but a POST to GraphQL is only a question."""
    return 1 if request.method in _READING or resource_of(request) == GRAPHQL else 5


@dataclass
class Account:
    used: int = 0
    reset: int = 0
    points: deque[tuple[float, int]] = field(default_factory=deque)
    refused_until: float = 0.0


class Limits:
    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.accounts: dict[tuple[str | None, str], Account] = {}

    def account(self, token: str | None, now: datetime, resource: str = CORE) -> Account:
        account = self.accounts.setdefault((token, resource), Account())
        if now.timestamp() >= account.reset:
            account.used, account.reset = 0, int(now.timestamp()) + _HOUR
        return account

    def limit(self, token: str | None, resource: str = CORE) -> int:
        if resource == GRAPHQL:
            return self.behaviour.graphql_rate_limit
        return self.behaviour.rate_limit if token else min(_ANONYMOUS, self.behaviour.rate_limit)

    def exceeded(self, token: str | None, now: datetime, resource: str = CORE) -> bool:
        if self.behaviour.rate_limit_off:
            return False
        return self.account(token, now, resource).used >= self.limit(token, resource)

    def too_fast(self, token: str | None, now: datetime, resource: str = CORE, points: int = 1) -> bool:
        behaviour = self.behaviour
        allowed = behaviour.graphql_points_a_minute if resource == GRAPHQL else behaviour.points_a_minute
        if not allowed:
            return False
        account, instant = self.account(token, now, resource), now.timestamp()
        while account.points and account.points[0][0] <= instant - _MINUTE:
            account.points.popleft()
        if instant < account.refused_until:
            return True
        if sum(spent for _, spent in account.points) + points > allowed:
            wait = behaviour.retry_after
            account.refused_until = instant + (_MINUTE if wait is None else wait)
            return True
        account.points.append((instant, points))
        return False

    def count(self, token: str | None, now: datetime, resource: str = CORE, cost: int = 1) -> None:
        self.account(token, now, resource).used += cost

    def reset_at(self, token: str | None, now: datetime, resource: str = CORE) -> datetime:
        return datetime.fromtimestamp(self.account(token, now, resource).reset, UTC)

    def numbers(self, token: str | None, now: datetime, resource: str = CORE) -> dict[str, Any]:
        account, limit = self.account(token, now, resource), self.limit(token, resource)
        return {
            "limit": limit,
            "used": min(account.used, limit),
            "remaining": max(0, limit - account.used),
            "reset": account.reset,
        }

    def headers(self, token: str | None, now: datetime, resource: str = CORE) -> dict[str, str]:
        if self.behaviour.rate_limit_off:
            return {}
        numbers = self.numbers(token, now, resource)
        return {f"X-RateLimit-{key.capitalize()}": str(value) for key, value in numbers.items()} | {
            "X-RateLimit-Resource": resource
        }

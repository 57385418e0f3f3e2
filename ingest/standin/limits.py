"""Primary and secondary rate limits, kept per token."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .behaviour import Behaviour

_HOUR, _MINUTE = 3600, 60
_ANONYMOUS = 60  # requests an hour without a token


@dataclass
class Account:
    used: int = 0
    reset: int = 0
    points: deque[float] = field(default_factory=deque)
    refused_until: float = 0.0


class Limits:
    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.accounts: dict[str | None, Account] = {}

    def account(self, token: str | None, now: datetime) -> Account:
        account = self.accounts.setdefault(token, Account())
        if now.timestamp() >= account.reset:
            account.used, account.reset = 0, int(now.timestamp()) + _HOUR
        return account

    def limit(self, token: str | None) -> int:
        return self.behaviour.rate_limit if token else min(_ANONYMOUS, self.behaviour.rate_limit)

    def exceeded(self, token: str | None, now: datetime) -> bool:
        return not self.behaviour.rate_limit_off and self.account(token, now).used >= self.limit(token)

    def too_fast(self, token: str | None, now: datetime) -> bool:
        if not self.behaviour.points_a_minute:
            return False
        account, instant = self.account(token, now), now.timestamp()
        while account.points and account.points[0] <= instant - _MINUTE:
            account.points.popleft()
        if instant < account.refused_until:
            return True
        if len(account.points) >= self.behaviour.points_a_minute:
            wait = self.behaviour.retry_after
            account.refused_until = instant + (_MINUTE if wait is None else wait)
            return True
        account.points.append(instant)
        return False

    def count(self, token: str | None, now: datetime) -> None:
        self.account(token, now).used += 1

    def numbers(self, token: str | None, now: datetime) -> dict[str, Any]:
        account, limit = self.account(token, now), self.limit(token)
        return {
            "limit": limit,
            "used": min(account.used, limit),
            "remaining": max(0, limit - account.used),
            "reset": account.reset,
        }

    def headers(self, token: str | None, now: datetime) -> dict[str, str]:
        if self.behaviour.rate_limit_off:
            return {}
        numbers = self.numbers(token, now)
        return {f"X-RateLimit-{key.capitalize()}": str(value) for key, value in numbers.items()} | {
            "X-RateLimit-Resource": "core"
        }

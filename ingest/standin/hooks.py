"""Webhooks of the repositories, and what became of each delivery to them."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha1, sha256
from urllib.parse import quote_plus

from . import chance
from .behaviour import Behaviour
from .deliveries import HOOK_ID, Delivery
from .sending import SWALLOWED, UNREACHED, UNRECORDED, Outcome, post
from .world import World

KEPT = timedelta(days=3)
EVENTS = ("pull_request", "pull_request_review", "repository")
_FIRST_ATTEMPT = 30_000_000_000


class Taken(ValueError):
    """GitHub allows an address once on each repository."""


@dataclass(frozen=True)
class Hook:
    id: int
    repository_id: int
    url: str
    secret: str | None
    content_type: str
    insecure_ssl: str
    events: tuple[str, ...]
    active: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Attempt:
    """One row of the list of deliveries: of one event there may be several, with one guid."""

    id: int
    hook_id: int
    repository_id: int
    url: str
    delivery: Delivery
    delivered_at: datetime
    redelivery: bool
    outcome: Outcome


@dataclass
class Hooks:
    behaviour: Behaviour
    clock: Callable[[], datetime]
    all: dict[int, Hook] = field(default_factory=dict)
    made: int = 0  # so that a deleted hook's id is never given again
    attempts: list[Attempt] = field(default_factory=list)

    def add(
        self,
        world: World,
        url: str,
        secret: str | None = None,
        *,
        events: Sequence[str] = EVENTS,
        content_type: str = "json",
        insecure_ssl: str = "0",
        active: bool = True,
    ) -> Hook:
        """Raises Taken."""
        repository_id, now = world.repository.id, self.clock()
        self._refuse_taken(repository_id, url)
        hook = Hook(
            id=HOOK_ID + self.made,
            repository_id=repository_id,
            url=url,
            secret=secret,
            content_type=content_type,
            insecure_ssl=insecure_ssl,
            events=tuple(events),
            active=active,
            created_at=now,
            updated_at=now,
        )
        self.all[hook.id] = hook
        self.made += 1
        return hook

    def change(self, hook: Hook, **fields: object) -> Hook:
        """Raises Taken."""
        changed = replace(hook, updated_at=self.clock(), **fields)  # type: ignore[arg-type]
        if changed.url != hook.url:
            self._refuse_taken(hook.repository_id, changed.url)
        self.all[hook.id] = changed
        return changed

    def remove(self, hook: Hook) -> None:
        del self.all[hook.id]

    def of(self, repository_id: int) -> list[Hook]:
        return [hook for hook in self.all.values() if hook.repository_id == repository_id]

    def send(self, hook: Hook, deliveries: Iterable[Delivery]) -> list[Attempt]:
        """Send what the hook is for, in this order; the switches `lose_*` decide what does not arrive."""
        wanted = {*hook.events, "ping"}
        sent = [d for d in deliveries if hook.active and (d.event in wanted or "*" in wanted)]
        attempts = (self._attempt(hook, delivery, redelivery=False) for delivery in sent)
        return [attempt for attempt in attempts if attempt]

    def redeliver(self, attempt: Attempt) -> Attempt | None:
        return self._attempt(self.all[attempt.hook_id], attempt.delivery, redelivery=True)

    def kept(self, hook: Hook) -> list[Attempt]:
        """The newest first."""
        oldest = self.clock() - KEPT
        return [a for a in self.attempts[::-1] if a.hook_id == hook.id and a.delivered_at >= oldest]

    def last(self, hook: Hook) -> Attempt | None:
        return next((a for a in self.attempts[::-1] if a.hook_id == hook.id), None)

    def _refuse_taken(self, repository_id: int, url: str) -> None:
        if any(hook.url == url for hook in self.of(repository_id)):
            raise Taken(url)

    def _attempt(self, hook: Hook, delivery: Delivery, *, redelivery: bool) -> Attempt | None:
        headers, body = addressed(hook, delivery)
        outcome = self._lost(delivery)
        if outcome is UNRECORDED:
            return None
        made = Attempt(
            id=_FIRST_ATTEMPT + len(self.attempts),
            hook_id=hook.id,
            repository_id=hook.repository_id,
            url=hook.url,
            delivery=delivery._replace(headers=headers),
            delivered_at=self.clock(),
            redelivery=redelivery,
            outcome=outcome or post(hook.url, headers, body),
        )
        self.attempts.append(made)
        return made

    def _lost(self, delivery: Delivery) -> Outcome | None:
        """The same deliveries are lost each time."""
        place, behaviour = chance.fractions("lost", delivery.id)[0], self.behaviour
        for share, outcome in (
            (behaviour.lose_failed, UNREACHED),
            (behaviour.lose_swallowed, SWALLOWED),
            (behaviour.lose_unrecorded, UNRECORDED),
        ):
            if place < share:
                return outcome
            place -= share
        return None


def addressed(hook: Hook, delivery: Delivery) -> tuple[dict[str, str], bytes]:
    """Headers and body as this hook gets them. The signature is over the bytes that travel."""
    body, kind = delivery.body, "application/json"
    if hook.content_type == "form":
        body, kind = b"payload=" + quote_plus(body).encode(), "application/x-www-form-urlencoded"
    headers = {name: value for name, value in delivery.headers.items() if "Signature" not in name}
    headers |= {"Content-Type": kind, "X-GitHub-Hook-ID": str(hook.id)}
    if hook.secret:
        key = hook.secret.encode()
        headers["X-Hub-Signature"] = "sha1=" + hmac.new(key, body, sha1).hexdigest()
        headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(key, body, sha256).hexdigest()
    return headers, body

"""The deliveries that GitHub would have sent for a world, in the order of their making."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from . import chance
from .answer import packed
from .facts import Repository
from .moments import apply
from .shapes.delivery import ping_body, pull_request_body, renamed_body, review_body

if TYPE_CHECKING:
    from .world import World

HOOK_ID = 480_112_233
_UUID_EPOCH = datetime(1582, 10, 15, tzinfo=UTC)
_SENT_AFTER = timedelta(milliseconds=400)
_APART = timedelta(milliseconds=3)


class Delivery(NamedTuple):
    event: str
    action: str | None
    id: str
    headers: dict[str, str]
    body: bytes


def of_pull(world: World, number: int, secret: str | None = None) -> list[Delivery]:
    pull = world.beginning(number)
    sent = datetime.min.replace(tzinfo=UTC)
    deliveries = []
    for index, (moment, place) in enumerate(world.told(number)):
        before = pull.copy()
        apply(pull, moment)
        # Two moments within one second are told apart by the time in the delivery's id alone.
        sent = max(moment.at + _SENT_AFTER, sent + _APART)
        if moment.event is None:
            continue
        if moment.event == "pull_request":
            body = pull_request_body(moment, before, pull, place)
        else:
            body = review_body(moment, pull, place)
        name = (world.seed, place.id, number, index)
        deliveries.append(_delivery(moment.event, moment.action, sent, name, body, place, secret))
    return deliveries


def of_repository(world: World, secret: str | None = None) -> list[Delivery]:
    return [
        _delivery(
            "repository",
            "renamed",
            at + _SENT_AFTER,
            (world.seed, place.id, "renamed", former),
            renamed_body(former, place, world.people.members[0]),
            place,
            secret,
        )
        for at, former, place in world.renamings
    ]


def ping(
    world: World,
    hook_url: str,
    secret: str | None = None,
    *,
    hook_id: int = HOOK_ID,
    at: datetime | None = None,
) -> Delivery:
    body = ping_body(hook_id, hook_url, world.repository, world.people.viewer)
    name = (world.seed, world.repository.id, "ping", hook_url)
    sent = (at or world.time) + _SENT_AFTER
    return _delivery("ping", None, sent, name, body, world.repository, secret)


def sent_at(delivery: Delivery) -> datetime:
    return _UUID_EPOCH + timedelta(microseconds=UUID(delivery.id).time // 10)


def _delivery(
    event: str,
    action: str | None,
    at: datetime,
    name: tuple[object, ...],
    body: dict[str, Any],
    place: Repository,
    secret: str | None,
) -> Delivery:
    delivery_id, content = str(_time_uuid(at, name)), packed(body)
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/3fa5c71",
        "X-GitHub-Delivery": delivery_id,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(HOOK_ID),
        "X-GitHub-Hook-Installation-Target-ID": str(place.id),
        "X-GitHub-Hook-Installation-Target-Type": "repository",
    }
    if secret is not None:
        headers["X-Hub-Signature"] = "sha1=" + hmac.new(secret.encode(), content, sha1).hexdigest()
        headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(secret.encode(), content, sha256).hexdigest()
    return Delivery(event, action, delivery_id, headers, content)


def _time_uuid(at: datetime, name: tuple[object, ...]) -> UUID:
    """Version 1, like GitHub's: the time in steps of 100 ns; the rest tells equal times apart."""
    ticks = (at - _UUID_EPOCH) // timedelta(microseconds=1) * 10
    rest = chance.number(2**62, "delivery", *name)
    return UUID(
        fields=(
            ticks & 0xFFFFFFFF,
            ticks >> 32 & 0xFFFF,
            ticks >> 48,
            rest >> 56 & 0x3F,
            rest >> 48 & 0xFF,
            rest & 0xFFFFFFFFFFFF,
        ),
        version=1,
    )

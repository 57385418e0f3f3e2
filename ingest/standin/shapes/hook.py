"""Webhooks and their deliveries."""

from __future__ import annotations

import json
from typing import Any

from ..facts import Repository
from ..hooks import Attempt, Hook
from .addresses import API, instant


def hook(found: Hook, place: Repository, last: Attempt | None) -> dict[str, Any]:
    url = f"{API}/repos/{place.full_name}/hooks/{found.id}"
    config = {"content_type": found.content_type, "insecure_ssl": found.insecure_ssl, "url": found.url}
    if found.secret:
        config["secret"] = "********"  # noqa: S105 - what GitHub shows of every secret
    return {
        "type": "Repository",
        "id": found.id,
        "name": "web",
        "active": found.active,
        "events": list(found.events),
        "config": config,
        "updated_at": instant(found.updated_at),
        "created_at": instant(found.created_at),
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": _last_response(last),
    }


def delivery_item(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.id,
        "guid": attempt.delivery.id,
        "delivered_at": instant(attempt.delivered_at),
        "redelivery": attempt.redelivery,
        "duration": attempt.outcome.duration,
        "status": attempt.outcome.status,
        "status_code": attempt.outcome.status_code,
        "event": attempt.delivery.event,
        "action": attempt.delivery.action,
        "installation_id": None,
        "repository_id": attempt.repository_id,
        "throttled_at": None,
    }


def delivery(attempt: Attempt) -> dict[str, Any]:
    return {
        **delivery_item(attempt),
        "url": attempt.url,
        "request": {"headers": attempt.delivery.headers, "payload": json.loads(attempt.delivery.body)},
        "response": {"headers": attempt.outcome.headers, "payload": attempt.outcome.payload},
    }


def _last_response(last: Attempt | None) -> dict[str, Any]:
    if last is None:
        return {"code": None, "status": "unused", "message": None}
    code = last.outcome.status_code
    return {"code": code, "status": "active" if code < 300 else "failed", "message": last.outcome.status}

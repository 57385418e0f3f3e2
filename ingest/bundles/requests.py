"""The `request` of a line: where an item was fetched, and the facts of the answer that held it."""

from __future__ import annotations

import json
from typing import Any

from ingest.log.facts import Request
from ingest.models import RawGitHubEvent

from . import values
from .broken import Broken


def read(value: Any) -> tuple[str, Request | None]:
    """The endpoint, and the answer's facts where there is an address. Raises `Broken`."""
    found = values.members_of(value, "request")
    endpoint = values.text(found.get("endpoint"), "request.endpoint", 50)
    url = values.text(found.get("url"), "request.url")
    if not url:
        return endpoint, None
    truncated = found.get("truncated", False)
    if not isinstance(truncated, bool):
        raise Broken("request.truncated is neither true nor false")
    return endpoint, Request(
        url=url,
        status=values.integer(found.get("status"), "request.status", 0, values.LARGEST_STATUS),
        etag=values.text(found.get("etag"), "request.etag"),
        request_id=values.text(found.get("request_id"), "request.request_id", 100),
        answered_at=values.time(found.get("answered_at"), "request.answered_at"),
        truncated=truncated,
        details=_details(found.get("details")),
    )


def _details(value: Any) -> dict[str, Any]:
    found = values.members_of(value, "request.details")
    _check_texts(found)
    try:
        json.dumps(found, allow_nan=False)
    except ValueError:
        raise Broken("request.details holds a number that is no JSON") from None
    return found


def _check_texts(value: Any) -> None:
    """PostgreSQL's jsonb refuses NUL and lone surrogates, in names too."""
    if isinstance(value, str):
        values.text(value, "request.details")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_texts(name)
            _check_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_texts(inner)


def of_event(event: RawGitHubEvent) -> dict[str, Any] | None:
    """What `read` takes; facts that are not known are left out. The run is this installation's own."""
    found: dict[str, Any] = {"endpoint": event.endpoint}
    if event.fetch:
        found |= {
            "url": event.fetch.url,
            "status": event.fetch.status,
            "etag": event.fetch.etag,
            "request_id": event.fetch.request_id,
            "answered_at": values.written(event.fetch.answered_at),
            "truncated": event.fetch.truncated or None,
            "details": event.fetch.details,
        }
    return {name: value for name, value in found.items() if value not in (None, "", {})} or None

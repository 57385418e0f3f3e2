"""A stored event becomes a line of a bundle."""

from __future__ import annotations

import base64
import json

from ingest.models import RawGitHubEvent

from . import requests, values
from .broken import Broken
from .slicing import members


def line_of(event: RawGitHubEvent) -> bytes:
    """The line with its newline: the body's own bytes as `payload` where reading the line gives them back,
    else as `body_base64`.

    Of repository and number it says what was named when the event was stored, else what its body says, so
    that the same columns are derived from the line.
    """
    repository_id = event.named_repository_id or event.repository_id or None
    repository = event.named_repository or event.repository_name or None
    named = repository_id is not None or repository is not None
    facts = {
        "source": event.source,
        "event_type": event.event_type,
        "action": event.action,
        "repository": {"id": repository_id, "full_name": repository} if named else None,
        "pr_number": event.named_number if event.named_number is not None else event.number or None,
        "delivery_id": event.delivery_id,
        "occurred_at": values.written(event.occurred_at),
        "received_at": values.written(event.received_at),
        "request": requests.of_event(event),
        "headers": event.headers,
    }
    if event.received_at is None:
        del facts["received_at"]
    body = event.body
    start = json.dumps(facts, separators=(",", ":")).encode()[:-1]
    line = b'%s,"payload":%s}' % (start, body)
    if not _gives_back(line, body):
        line = b'%s,"body_base64":"%s"}' % (start, base64.b64encode(body))
    return line + b"\n"


def _gives_back(line: bytes, body: bytes) -> bool:
    if not body.startswith(b"{") or b"\n" in body or b"\r" in body:
        return False
    try:
        return members(line, strict=True).get("payload") == body
    except Broken:
        return False

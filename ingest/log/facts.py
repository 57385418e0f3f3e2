"""What is handed to the log: an event before it is stored, and the request that brought it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """One answer of the API, without its body; see `ingest.models.Fetch`."""

    url: str
    status: int | None = None
    etag: str = ""
    request_id: str = ""
    answered_at: datetime | None = None
    truncated: bool = False
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to store: facts only, nothing read from the body.

    `repository_id`, `repository` and `number` are what the request or the import line named. Events that
    share one `request` object share its Fetch row. Headers hold no secret.
    """

    source: str
    event_type: str
    body: bytes
    action: str = ""
    delivery_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    endpoint: str = ""
    repository_id: int | None = None
    repository: str = ""
    number: int | None = None
    received_at: datetime | None = None
    request: Request | None = None

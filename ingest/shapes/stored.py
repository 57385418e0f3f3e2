from __future__ import annotations

import json
from typing import NamedTuple

from ingest.log import content
from ingest.log.headers import unpacked


class StoredEvent(NamedTuple):
    """What replay reads of an event: the columns in this order, `headers` as JSON text."""

    team_id: int
    repository_id: int
    number: int
    id: int
    source: str
    event_type: str
    action: str
    sha256: str
    instant: int | None
    repository_name: str
    packed: bytes
    codec: str
    headers: str

    def json_bytes(self) -> bytes:
        """The JSON text of the body. Headers are only looked at where it doesn't begin like an object."""
        body = content.unpack(self.packed, self.codec)
        if body[:1] == b"{":
            return body
        return content.json_bytes(body, unpacked(json.loads(self.headers)))

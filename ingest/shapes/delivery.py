"""Deliveries are the shape that processors know: they are only decoded."""

from __future__ import annotations

from typing import Any

import msgspec

from ingest.routing import HANDLED

from .decoding import decode as decode_json
from .stored import StoredEvent

DECODERS = {kind: msgspec.json.Decoder(processor.payload_type) for kind, processor in HANDLED.items()}


def decode(event: StoredEvent) -> tuple[tuple[str, Any]]:
    return ((event.event_type, decode_json(DECODERS[event.event_type], event.json_bytes())),)

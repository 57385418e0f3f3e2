"""A line of a bundle becomes an event to store."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, NamedTuple

from ingest.log import content, envelope
from ingest.log.facts import NewEvent
from ingest.models import RawGitHubEvent

from . import requests, values
from .broken import Broken
from .slicing import members

SOURCES = tuple(RawGitHubEvent.Source.values)
# What a recorder may have written down and the log must not hold. Signatures are not secret.
SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization", "set-cookie"}


class Line(NamedTuple):
    event: NewEvent
    # Names of headers that were left out.
    secrets: tuple[str, ...]


def read(line: bytes) -> Line:
    """Raises `Broken` with the reason."""
    found = members(line)
    given = _headers(found.get("headers"))
    headers = {name: value for name, value in given.items() if name.lower() not in SECRET_HEADERS}
    delivery_id = _filled(found, "delivery_id", headers, "X-GitHub-Delivery", 200)
    event_type = _filled(found, "event_type", headers, "X-GitHub-Event", 100)
    if not event_type:
        raise Broken("event_type is missing")
    source = _source(found.get("source"), delivery_id, headers)
    body = _body(found)
    repository = values.members_of(found.get("repository"), "repository")
    endpoint, request = requests.read(found.get("request"))
    event = NewEvent(
        source=source,
        event_type=event_type,
        body=body,
        action=_action(found.get("action"), source, body, headers),
        delivery_id=delivery_id or None,
        headers=headers,
        endpoint=endpoint,
        repository_id=values.integer(repository.get("id"), "repository.id", 1, values.LARGEST_ID),
        repository=values.text(repository.get("full_name"), "repository.full_name"),
        number=values.integer(found.get("pr_number"), "pr_number", 0, values.LARGEST_NUMBER),
        received_at=values.time(found.get("received_at"), "received_at"),
        request=request,
    )
    return Line(event, tuple(given.keys() - headers.keys()))


def _headers(value: Any) -> dict[str, str]:
    found = values.members_of(value, "headers")
    for name, text in found.items():
        if not isinstance(text, str):
            raise Broken(f"the header {name} is not a text")
        values.text(name, "a header's name")
        values.text(text, f"the header {name}")
    return found


def _filled(
    found: Mapping[str, Any], name: str, headers: Mapping[str, str], header: str, longest: int
) -> str:
    """The member, else the header."""
    value = found.get(name)
    if value is None:
        value = next((v for k, v in headers.items() if k.lower() == header.lower()), None)
    return values.text(value, name, longest)


def _source(value: Any, delivery_id: str, headers: Mapping[str, str]) -> str:
    """A line that doesn't say is a delivery where anything of one is there, else of unknown origin."""
    if value is None:
        delivered = delivery_id or any(name.lower().startswith("x-github-") for name in headers)
        return RawGitHubEvent.Source.WEBHOOK if delivered else RawGitHubEvent.Source.IMPORT
    if value not in SOURCES:
        raise Broken(f"source is none of {', '.join(SOURCES)}")
    return str(value)


def _body(found: Mapping[str, Any]) -> bytes:
    if ("payload" in found) == ("body_base64" in found):
        both = "both payload and body_base64 are there" if "payload" in found else "payload is missing"
        raise Broken(both)
    if "payload" in found:
        payload: bytes = found["payload"]
        if not payload.startswith(b"{"):
            raise Broken("payload is not an object (any other body is given as body_base64)")
        return payload
    try:
        return base64.b64decode(values.text(found["body_base64"], "body_base64"), validate=True)
    except (binascii.Error, ValueError):
        raise Broken("body_base64 is not base64") from None


def _action(value: Any, source: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Where the line doesn't say, what a delivery's body does; an empty text says that there is none."""
    delivered = source in (RawGitHubEvent.Source.WEBHOOK, RawGitHubEvent.Source.IMPORT)
    if value is None and delivered:
        return envelope.action_of(content.json_bytes(body, headers))
    return values.text(value, "action", 100)

"""What GitHub's list of deliveries says, and what it keeps of one of them.

Shapes `hook-delivery-item` and `hook-delivery` of GitHub's OpenAPI description: a row for each attempt to
deliver, the newest first, all attempts of one event under one `guid`, which is the delivery id. The list has
no payloads; one delivery has `request.headers` and `request.payload`, either of which may be null.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Struct

from apps.integrations.services.webhooks.headers import kept_of_copy
from ingest.github.answer import Answer
from ingest.github.errors import UnexpectedAnswer
from ingest.log.facts import NewEvent, Request
from ingest.models import RawGitHubEvent
from ingest.rawjson import member

ENDPOINT = "deliveries"


class NoPayload(UnexpectedAnswer):
    """GitHub lists the delivery and does not have, or does not give, what was in it."""


class Row(Struct, gc=False):
    """One attempt. `event` and `action` are the headers' and the payload's."""

    id: int
    guid: str
    delivered_at: Annotated[datetime, msgspec.Meta(tz=True)]
    event: str
    action: str | None = None


_rows = msgspec.json.Decoder(list[Row])


def rows_of(page: Answer) -> list[Row]:
    """Raises UnexpectedAnswer where the page is no list of deliveries."""
    try:
        return _rows.decode(page.body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        problem = f"GitHub answered {page.url} with something other than a list of deliveries: {error}"
    raise UnexpectedAnswer(problem, url=page.url, status=page.status, request_id=page.request_id)


def by_guid(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """In the order of the list. An old failed row stays after a good redelivery: the rows of one guid are
    attempts at the same event.
    """
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.guid, []).append(row)
    return found


def event_of(answer: Answer, row: Row, repository_id: int, repository: str) -> NewEvent:
    """The delivery that one row is about, with its payload as it stands in the answer.

    Raises NoPayload where the answer has none.
    """
    return NewEvent(
        source=RawGitHubEvent.Source.WEBHOOK,
        event_type=row.event,
        action=row.action or "",
        delivery_id=row.guid,
        headers=kept_of_copy(_headers(answer)),
        endpoint=ENDPOINT,
        body=_payload(answer),
        repository_id=repository_id,
        repository=repository,
        received_at=answer.date,
        request=Request(
            url=answer.url,
            status=answer.status,
            etag=answer.etag or "",
            request_id=answer.request_id,
            answered_at=answer.date,
        ),
    )


def _payload(answer: Answer) -> bytes:
    try:
        found = member(answer.body, "request", "payload")
    except (ValueError, RecursionError):
        found = None
    if found is None or not found.startswith(b"{"):
        raise NoPayload(
            f"GitHub no longer has the payload of {answer.url}.",
            url=answer.url,
            status=answer.status,
            request_id=answer.request_id,
        )
    return found


def _headers(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(member(answer.body, "request", "headers") or b"null")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

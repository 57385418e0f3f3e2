"""One answer of GitHub's API, as it came."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from requests import Response

from ingest.github.addresses import public_url
from ingest.github.errors import UnexpectedAnswer
from ingest.github.limits import Rate, read_date, read_rate
from ingest.github.paging import next_link


@dataclass(frozen=True)
class Answer:
    """What GitHub answered to one request. The log stores `body`; the rest is the fetch's own facts.

    `body`: the exact bytes, transfer and content encoding undone (a 304 has none).
    `url`: where the answer came from, after redirects and without secrets. `headers`: case-insensitive.
    `date`: the `Date` header, aware, in UTC. `rate`: None where the server sends no limits.
    `next_url`: the address of the next page, as GitHub gave it; a cursor to store.
    """

    body: bytes = field(repr=False)
    status: int
    url: str
    headers: Mapping[str, str] = field(repr=False)
    date: datetime | None
    etag: str | None
    request_id: str
    rate: Rate | None
    next_url: str | None

    def json(self) -> Any:
        """The body's value. Raises UnexpectedAnswer where it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            problem = UnexpectedAnswer(
                f"GitHub answered {self.status} for {self.url} with a body that is not JSON.",
                url=self.url,
                status=self.status,
                request_id=self.request_id,
            )
        raise problem


def read_answer(response: Response, url: str) -> Answer:
    """The answer in a response that was read to its end; `url` is the address that was asked."""
    headers = response.headers
    return Answer(
        body=response.content,
        status=response.status_code,
        url=public_url(url),
        headers=headers,
        date=read_date(headers.get("Date")),
        etag=headers.get("ETag"),
        request_id=headers.get("X-GitHub-Request-Id", ""),
        rate=read_rate(headers),
        next_url=next_link(headers.get("Link")),
    )


def says_json(answer: Answer) -> bool:
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def is_json(body: bytes) -> bool:
    """Whether `body` is one whole JSON value."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        # msgspec refuses lone surrogates and NaN, which GitHub's answers may hold and the log keeps.
        try:
            json.loads(body)
        except (ValueError, RecursionError):
            return False
    return True

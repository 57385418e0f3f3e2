"""An answer cut into its items, and the few fields of a pull request that the fetcher goes by."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from apps.metrics.processors import Unreadable
from ingest import rawjson
from ingest.github.answer import Answer
from ingest.github.errors import UnexpectedAnswer
from ingest.log import envelope
from ingest.shapes.decoding import decode


def cut(answer: Answer) -> list[bytes]:
    """The items of a list, each in its own bytes. Raises UnexpectedAnswer where the body is no list."""
    try:
        return [bytes(item) for item in msgspec.json.decode(answer.body, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, RecursionError):
        pass
    # msgspec refuses lone surrogates and NaN, which the log keeps.
    try:
        return _scan(answer.body)
    except (ValueError, RecursionError):
        problem = f"GitHub answered {answer.url} with something other than a list."
    raise UnexpectedAnswer(problem, url=answer.url, status=answer.status, request_id=answer.request_id)


def _scan(body: bytes) -> list[bytes]:
    text = body.decode("utf-8", "surrogatepass")
    return [text[start:end].encode("utf-8", "surrogatepass") for start, end in rawjson.items(text)]


class _Repository(Struct, gc=False):
    id: int


class _Base(Struct, gc=False):
    repo: _Repository


class Pull(Struct, gc=False):
    """`commits`: how many, in the detail only. `base.repo` is never null (a deleted fork is `head.repo`); no
    `base` where the rest of the object could not be read.
    """

    number: int
    base: _Base | None = None
    updated_at: datetime | None = None
    commits: int | None = None


_PULL = msgspec.json.Decoder(Pull)


def read_pull(body: bytes) -> Pull | None:
    """None where not even its number can be read: the log keeps it, replay parks it.

    Where only the number can, it is visited all the same: one odd field of a list's item must not cost the
    pull request its detail, reviews and commits.
    """
    try:
        found = decode(_PULL, body)
    except Unreadable:
        number = envelope.of_object("pull_request", body).number
        return Pull(number) if number else None
    if found.updated_at is not None and found.updated_at.tzinfo is None:
        found.updated_at = None
    return found

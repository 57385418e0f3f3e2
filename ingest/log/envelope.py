"""Where an event belongs: the few fields of a body by which the log is indexed.

Reading never fails. What can't be read is left empty, the event is stored all the same, and replay parks it
with the reason. So everything here is typed loosely and checked by hand.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, Struct

from apps.metrics.projection.text import storable
from ingest.routing import OBJECTS

_LARGEST_ID = 2**63 - 1
_LARGEST_NUMBER = 2**31 - 1
# Of texts that an index holds: PostgreSQL refuses a row whose entry in one has over 2,704 bytes.
_LONGEST = 100
_PULL_REQUEST_URL = re.compile(r"/repos/[^/]+/[^/]+/pulls/([0-9]{1,10})\Z")
T = TypeVar("T")


class Envelope(NamedTuple):
    """Derived columns: ids are 0 and texts empty where the body doesn't say."""

    repository_id: int = 0
    repository_name: str = ""
    number: int = 0
    object_id: str = ""
    actor: str = ""
    occurred_at: datetime | None = None


class _Repository(Struct, gc=False):
    id: Any = UNSET
    full_name: Any = UNSET


class _Base(Struct, gc=False):
    repo: _Repository | None = None


class _Actor(Struct, gc=False):
    login: Any = UNSET


class _Dated(Struct, gc=False):
    """Whatever a delivery is about: a pull request, a review, a comment, a commit."""

    id: Any = UNSET
    number: Any = UNSET
    sha: Any = UNSET
    updated_at: Any = UNSET
    submitted_at: Any = UNSET
    timestamp: Any = UNSET
    base: _Base | None = None


class _Issue(Struct, gc=False):
    number: Any = UNSET
    updated_at: Any = UNSET
    pull_request: Any = UNSET


class _Delivery(Struct, gc=False):
    action: Any = UNSET
    repository: _Repository | None = None
    pull_request: _Dated | None = None
    issue: _Issue | None = None
    review: _Dated | None = None
    comment: _Dated | None = None
    head_commit: _Dated | None = None
    sender: _Actor | None = None


class _Date(Struct, gc=False):
    date: Any = UNSET


class _GitCommit(Struct, gc=False):
    committer: _Date | None = None


class _Object(Struct, gc=False):
    """A bare object of the API: pull request, review or commit."""

    id: Any = UNSET
    number: Any = UNSET
    sha: Any = UNSET
    updated_at: Any = UNSET
    submitted_at: Any = UNSET
    pull_request_url: Any = UNSET
    user: _Actor | None = None
    author: _Actor | None = None
    base: _Base | None = None
    commit: _GitCommit | None = None


class _NodeRepository(Struct, rename="camel", gc=False):
    database_id: Any = UNSET
    name_with_owner: Any = UNSET


class _NodeActor(Struct, gc=False):
    typename: Any = msgspec.field(default=UNSET, name="__typename")
    login: Any = UNSET


class _Node(Struct, rename="camel", gc=False):
    """A pull request of a GraphQL answer, or a further page of one of its lists."""

    full_database_id: Any = UNSET
    number: Any = UNSET
    updated_at: Any = UNSET
    author: _NodeActor | None = None
    base_repository: _NodeRepository | None = None


class _Acted(Struct, gc=False):
    action: Any = UNSET


_DECODERS = {kind: msgspec.json.Decoder(kind) for kind in (_Delivery, _Object, _Node, _Acted)}


def of_delivery(event_type: str, text: bytes) -> Envelope:
    """Of a delivery: the number is the pull request's, else that of an issue which is one, else 0 (GitHub
    gives no number for pushes, checks and statuses, however many pull requests they name)."""
    found = _read(_Delivery, text)
    pull_request, issue = found.pull_request, found.issue
    number = 0
    if pull_request is not None:
        number = _integer(pull_request.number, _LARGEST_NUMBER)
    elif issue is not None and isinstance(issue.pull_request, dict):
        number = _integer(issue.number, _LARGEST_NUMBER)
    repository = found.repository or (pull_request and pull_request.base and pull_request.base.repo) or None
    about = found.review or found.comment or found.head_commit or pull_request or issue
    if found.review is not None and found.action != "submitted":
        # A dismissal leaves the review's own time as it was; what it raises is the pull request's.
        about = pull_request or found.review
    return Envelope(
        _integer(repository.id, _LARGEST_ID) if repository else 0,
        _text(repository.full_name) if repository else "",
        number,
        _object_id(found, event_type),
        _login(found.sender),
        _first_time(*(getattr(about, name, UNSET) for name in ("submitted_at", "updated_at", "timestamp"))),
    )


def of_object(event_type: str, text: bytes) -> Envelope:
    """Of a bare object of the API. A pull request tells its repository and number; a review tells the number
    of its pull request; a commit tells neither.
    """
    found = _read(_Object, text)
    repository = found.base.repo if found.base else None
    committer = found.commit.committer if found.commit else None
    named = OBJECTS.get(event_type)
    if event_type == "pull_request":
        number = _integer(found.number, _LARGEST_NUMBER)
    else:
        number = _number_in(found.pull_request_url)
    return Envelope(
        _integer(repository.id, _LARGEST_ID) if repository else 0,
        _text(repository.full_name) if repository else "",
        number,
        _identity(getattr(found, named.identity)) if named else "",
        _login(found.user or found.author),
        _first_time(found.submitted_at, found.updated_at, committer.date if committer else UNSET),
    )


def of_node(text: bytes) -> Envelope:
    """Of a pull request node: identified by what REST calls its id, so that both are one object."""
    found = _read(_Node, text)
    repository, actor = found.base_repository, found.author
    login = _login(actor)
    if login and actor and actor.typename == "Bot" and not login.endswith("[bot]"):
        login += "[bot]"
    return Envelope(
        _integer(repository.database_id, _LARGEST_ID) if repository else 0,
        _text(repository.name_with_owner) if repository else "",
        _integer(found.number, _LARGEST_NUMBER),
        _identity(found.full_database_id),
        login[:_LONGEST],
        _first_time(found.updated_at),
    )


def action_of(text: bytes) -> str:
    """A delivery's action in GitHub's words, cut to the 100 characters of its column; empty where it has
    none.
    """
    return _short(_read(_Acted, text).action)


def _object_id(found: _Delivery, event_type: str) -> str:
    named = OBJECTS.get(event_type)
    inner = getattr(found, named.key, None) if named else None
    return _identity(getattr(inner, named.identity)) if named and inner is not None else ""


def _read(kind: type[T], text: bytes) -> T:
    try:
        return _DECODERS[kind].decode(text)  # type: ignore[index, return-value]
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return _read_by_part(kind, text)


def _read_by_part(kind: type[T], text: bytes) -> T:
    """Each field alone: one that has another shape than expected must not hide the others."""
    found = kind()
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return found
    if isinstance(parsed, dict):
        for field in msgspec.structs.fields(kind):  # type: ignore[arg-type]
            try:
                part = msgspec.convert({field.encode_name: parsed[field.encode_name]}, kind)
            except (KeyError, msgspec.ValidationError, UnicodeError):
                continue
            setattr(found, field.name, getattr(part, field.name))
    return found


def _integer(value: Any, largest: int) -> int:
    return value if type(value) is int and 0 < value <= largest else 0


def _identity(value: Any) -> str:
    """An id of any size as text: one that no column holds still tells its object from others, and is parked
    later.
    """
    return _short(str(value)) if type(value) in (int, str) else ""


def _login(actor: _Actor | _NodeActor | None) -> str:
    return _short(actor.login) if actor else ""


def _number_in(url: Any) -> int:
    """The number at the end of a pull request's address in the API."""
    found = _PULL_REQUEST_URL.search(url) if isinstance(url, str) else None
    return _integer(int(found.group(1)), _LARGEST_NUMBER) if found else 0


def _short(value: Any) -> str:
    return _text(value)[:_LONGEST]


def _text(value: Any) -> str:
    return storable(value) if isinstance(value, str) else ""


def _first_time(*values: Any) -> datetime | None:
    for value in values:
        if isinstance(value, str):
            try:
                time = datetime.fromisoformat(value)
            except ValueError:
                continue
            time = time.replace(tzinfo=UTC) if time.tzinfo is None else time
            if 1970 <= time.year < 2100:
                return time.astimezone(UTC)
    return None

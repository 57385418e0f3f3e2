"""GraphQL over HTTP: what is sent, and which error an answer of status 200 may really be.

Read in GitHub's documentation, "Rate limits and query limits for the GraphQL API": a limit is told in a 200,
with an error of type `RATE_LIMITED` (also seen in answers: `RATE_LIMIT`) or, for a secondary limit, in its
message; a query of more than ten seconds is ended, and one of more than 500,000 nodes is not begun.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from ingest.github.answer import Answer
from ingest.github.errors import (
    Forbidden,
    GitHubError,
    NotFoundOrNoPermission,
    QueryTooLarge,
    UnexpectedAnswer,
)
from ingest.github.limits import read_limit
from ingest.github.refusals import MESSAGE_LENGTH, limited

Kind = TypeVar("Kind", bound=GitHubError)

ENTERPRISE_REST = "/api/v3"
# What the load balancer answers where a query took too long.
TOO_LONG = (502, 504)

_LIMITS = {"RATE_LIMITED", "RATE_LIMIT"}
_TOO_LARGE = {"MAX_NODE_LIMIT_EXCEEDED", "RESOURCE_LIMITS_EXCEEDED"}
_FORBIDDEN = {"FORBIDDEN", "INSUFFICIENT_SCOPES"}
# The answer has no type for what was ended after ten seconds.
_ENDED = "may be the result of a timeout"


def graphql_url(base_url: str) -> str:
    """The one address for queries; on Enterprise Server it lies beside that of REST, not below it."""
    base = base_url.rstrip("/")
    if base.endswith(ENTERPRISE_REST):
        return base.removesuffix(ENTERPRISE_REST) + "/api/graphql"
    return f"{base}/graphql"


def query_body(query: str, variables: Mapping[str, Any] | None) -> bytes:
    return json.dumps({"query": query, "variables": dict(variables or {})}).encode()


def too_large(answer: Answer) -> QueryTooLarge:
    return _error(
        QueryTooLarge, answer, f"GitHub ended a query at {answer.url} that asked for too much at once"
    )


def query_problem(
    answer: Answer, *, now: datetime, repeats: int, mask: Callable[[str], str]
) -> GitHubError | None:
    """The error that an answer of status 200 is; None where it holds data, be it with errors beside it.

    Parameters as for `refusals.refusal`. Raises UnexpectedAnswer where the body is no answer to a query.
    """
    said = _read(answer)
    if not said.errors:
        return None
    message = mask(said.message)[:MESSAGE_LENGTH]
    named = "secondary rate limit" in message.lower()
    if said.types & _LIMITS or named:
        # 429: whatever the headers say, it is a limit.
        limit = read_limit(429, answer.headers, message, now=answer.date or now, repeats=repeats)
        if limit is not None:
            return limited(answer, limit, now=now, repeats=repeats)
    if said.has_data:
        return None
    reason = f" ({message})" if message else ""
    if said.types & _TOO_LARGE or _ENDED in message:
        return too_large(answer)
    if "NOT_FOUND" in said.types:
        return _error(NotFoundOrNoPermission, answer, f"GitHub finds nothing for a query{reason}")
    if said.types & _FORBIDDEN:
        sentence = f"GitHub forbids a query{reason}: the token needs a permission or single sign-on."
        return Forbidden(sentence, message=message, url=answer.url, status=200, request_id=answer.request_id)
    return _error(UnexpectedAnswer, answer, f"GitHub refuses a query{reason}")


@dataclass(frozen=True)
class _Said:
    has_data: bool
    errors: list[Any]

    @property
    def types(self) -> set[str]:
        return {str(e["type"]) for e in self.errors if isinstance(e, dict) and "type" in e}

    @property
    def message(self) -> str:
        found = [e.get("message") for e in self.errors if isinstance(e, dict)]
        return "; ".join(text for text in found if isinstance(text, str))


class _Quick(msgspec.Struct):
    """Skips the data, a megabyte of it, unread."""

    data: msgspec.Raw
    errors: list[Any] = []


def _read(answer: Answer) -> _Said:
    try:
        quick = msgspec.json.decode(answer.body, type=_Quick)
    except (msgspec.MsgspecError, RecursionError):
        pass
    else:
        if not quick.errors and bytes(quick.data).startswith(b"{"):
            return _Said(has_data=True, errors=[])
    value = answer.json()
    errors = value.get("errors") if isinstance(value, dict) else None
    data = value.get("data") if isinstance(value, dict) else None
    if not errors and not isinstance(data, dict):
        raise _error(UnexpectedAnswer, answer, f"GitHub answered {answer.url} with something other than data")
    # `{"repository": null}` is how GitHub writes that there is none; our quota comes along all the same.
    has_data = isinstance(data, dict) and any(v is not None for k, v in data.items() if k != "rateLimit")
    return _Said(has_data, errors if isinstance(errors, list) else [errors] if errors else [])


def _error(kind: type[Kind], answer: Answer, sentence: str) -> Kind:
    return kind(f"{sentence}.", url=answer.url, status=answer.status, request_id=answer.request_id)

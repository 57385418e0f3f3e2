"""Secrets are masked before a line of the log is written."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

MASK = "[redacted]"

SECRET_NAMES = re.compile(
    r"authorization|cookie|password|secret|token|private[_-]?key|encryption[_-]?keys?", re.IGNORECASE
)

SECRET_TEXT = [
    # GitHub's tokens: classic (ghp_), OAuth (gho_), user and server of an app (ghu_, ghs_), refresh (ghr_).
    (re.compile(r"\b(?:gh[pousr]_|github_pat_)\w+"), MASK),
    (
        re.compile(r"(authorization['\"]?\s*[:=]\s*b?['\"]?)(?:\w+\s+)?[^\s'\",}]+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    (re.compile(r"\b(bearer|basic|token)(\s+)[\w.~+/-]{16,}=*", re.IGNORECASE), rf"\1\2{MASK}"),
    (re.compile(r"(\w://)[^\s/@'\"]+@"), rf"\1{MASK}@"),
    (
        re.compile(r"([?&](?:\w*(?:token|secret|password)|code|state)=)[^\s&#'\"]+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    # Who knows this address can post to a team's hook.
    (re.compile(r"(/webhooks/github/)[^\s/?'\"]+"), rf"\1{MASK}"),
    # Links that were sent to one person: an invitation, a confirmation, a new password.
    (re.compile(r"(/(?:join|email|password/reset)/)(?!sent/|done/)[^\s/?'\"]+"), rf"\1{MASK}"),
]


def redact_text(text: str) -> str:
    for pattern, replacement in SECRET_TEXT:
        text = pattern.sub(replacement, text)
    return text


def redact(value: Any) -> Any:
    """A copy for the log: values of secret names masked, objects turned into masked text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {
            redact(key): MASK if isinstance(key, str) and SECRET_NAMES.search(key) else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item) for item in value]
    return redact_text(str(value))


def redact_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """The last structlog processor before the renderer: exceptions are text by then."""
    return {
        # structlog's own fields (`_record`) are objects that the next processors read.
        name: value if name.startswith("_") else redact({name: value})[name]
        for name, value in event.items()
    }

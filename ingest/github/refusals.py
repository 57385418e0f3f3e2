"""Which error an answer is that is neither a page, nor "not modified", nor a redirect."""

import json
from collections.abc import Callable
from datetime import datetime

from ingest.github.answer import Answer
from ingest.github.errors import (
    Blocked,
    CredentialRevoked,
    Disabled,
    EmptyRepository,
    Forbidden,
    GitHubError,
    NotFoundOrNoPermission,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from ingest.github.limits import Limit, read_limit

MESSAGE_LENGTH = 300


def refusal(answer: Answer, *, now: datetime, repeats: int, mask: Callable[[str], str]) -> GitHubError:
    """The error for `answer`. `now`: our time; `repeats`: secondary limits in a row before this one.

    `mask` takes the token out of GitHub's words, should they quote it.
    """
    url, status, request_id = answer.url, answer.status, answer.request_id
    message = mask(github_message(answer.body))[:MESSAGE_LENGTH]
    reason = f" ({message})" if message else ""

    def error(kind: type[GitHubError], sentence: str) -> GitHubError:
        return kind(sentence, url=url, status=status, request_id=request_id)

    # The reset is by GitHub's clock: only its distance from the answer's `Date` holds on ours too.
    limit = read_limit(status, answer.headers, message, now=answer.date or now, repeats=repeats)
    if limit is not None:
        return limited(answer, limit, now=now, repeats=repeats)
    match status:
        case 401:
            return error(
                CredentialRevoked,
                f"GitHub refuses the token{reason} for {url}: it is revoked or expired, connect again.",
            )
        case 403:
            sentence = f"GitHub forbids {url}{reason}: the token needs a permission or single sign-on."
            return Forbidden(sentence, message=message, url=url, status=status, request_id=request_id)
        case 404:
            return error(
                NotFoundOrNoPermission,
                f"GitHub finds nothing at {url}: it is gone, or the token may not see it.",
            )
        case 409:
            return error(EmptyRepository, f"GitHub has nothing at {url}{reason}: the repository is empty.")
        case 410:
            return error(Disabled, f"GitHub has switched off {url}{reason}.")
        case 451:
            return error(Blocked, f"GitHub has blocked {url} for legal reasons{reason}.")
        case 500 | 502 | 503 | 504:
            return error(Unavailable, f"GitHub failed at {url} with status {status}: try again later.")
        case _:
            return error(UnexpectedAnswer, f"GitHub answered {url} with status {status}{reason}.")


def limited(answer: Answer, limit: Limit, *, now: datetime, repeats: int) -> RateLimited:
    return RateLimited(
        now + limit.wait,
        secondary=limit.secondary,
        repeats=repeats + 1 if limit.secondary else repeats,
        url=answer.url,
        status=answer.status,
        request_id=answer.request_id,
    )


def github_message(body: bytes) -> str:
    """The `message` of an error answer; empty where the body is HTML or nothing."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    message = value.get("message") if isinstance(value, dict) else None
    return message if isinstance(message, str) else ""

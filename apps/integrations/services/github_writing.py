"""The few requests that change something at GitHub: making, changing and deleting a webhook.

Each is sent once. Whoever sends one can look afterwards what came of it, which a retry in the dark can't.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import requests
from django.conf import settings
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apps.integrations.services.github_client import TIMEOUT
from ingest.github.addresses import is_loopback
from ingest.github.answer import Answer, read_answer
from ingest.github.bearer import Bearer
from ingest.github.client import GITHUB_API_VERSION
from ingest.github.errors import UnexpectedAnswer, Unreachable
from ingest.github.refusals import refusal
from ingest.github.transport import root_cause

HEADERS = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": GITHUB_API_VERSION,
    "User-Agent": "tformance",
}
DONE = (200, 201, 204)
MESSAGE_LENGTH = 300


class Refused(UnexpectedAnswer):
    """422: GitHub understands what is asked and does not do it; the sentence holds its reason."""


@sensitive_variables("value")
def change(token: Callable[[], str], method: str, path: str, value: dict[str, Any] | None = None) -> Answer:
    """Send `value` as JSON to a path below the API's address. Redirects are not followed: the second request
    could become a GET. Raises a GitHubError."""
    url = f"{settings.GITHUB_API_URL}/{path}"
    auth = Bearer(token)
    with requests.Session() as session:
        # A proxy of the environment would be given the token of a plain http request in clear.
        session.trust_env = not is_loopback(url)
        try:
            response = session.request(
                method, url, json=value, headers=HEADERS, auth=auth, timeout=TIMEOUT, allow_redirects=False
            )
        except (requests.RequestException, ValueError) as error:
            problem = f"GitHub cannot be reached at {url}: {auth.mask(root_cause(error))}."
            failure: Exception = Unreachable(problem, url=url)
        else:
            answer = read_answer(response, url)
            if answer.status in DONE:
                return answer
            failure = _refused(answer, auth) if answer.status == 422 else _refusal(answer, auth)
    # Raised here and not above: the frames of the first error, which hold the request, do not come along.
    raise failure


def _refusal(answer: Answer, auth: Bearer) -> Exception:
    return refusal(answer, now=timezone.now(), repeats=0, mask=auth.mask)


def _refused(answer: Answer, auth: Bearer) -> Refused:
    reason = auth.mask("; ".join(_reasons(answer.body)))[:MESSAGE_LENGTH]
    return Refused(
        f"GitHub refused it: {reason or 'it gave no reason'}.",
        url=answer.url,
        status=answer.status,
        request_id=answer.request_id,
    )


def _reasons(body: bytes) -> list[str]:
    """The `message` of each of the `errors` of a 422 (schema `validation-error`), else its own."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if not isinstance(value, dict):
        return []
    errors = value.get("errors")
    of_errors = [e.get("message") for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    return [m for m in of_errors if isinstance(m, str)] or [
        m for m in [value.get("message")] if isinstance(m, str)
    ]

"""One HTTP exchange, and what can go wrong before there is an answer."""

from collections.abc import Mapping

import requests
from requests import Response, Session
from urllib3.exceptions import HTTPError

from ingest.github.addresses import public_url
from ingest.github.bearer import Bearer, NoBearer
from ingest.github.errors import GitHubError, Truncated, UnexpectedAnswer, Unreachable
from ingest.interrupts import waiting


def send(
    session: Session,
    url: str,
    headers: Mapping[str, str],
    auth: Bearer | NoBearer,
    timeout: tuple[float, float],
    body: bytes | None = None,
) -> Response:
    """GET `url`, or POST a `body` there, and read the answer to its end, without redirects.

    `timeout`: connect and read, in seconds.

    Raises Unreachable, Truncated (urllib3 compares the length with `Content-Length`), UnexpectedAnswer.
    """
    shown = public_url(url)
    failure: GitHubError
    try:
        with waiting():
            return session.request(
                "GET" if body is None else "POST",
                url,
                data=body,
                headers=headers,
                auth=auth,
                timeout=timeout,
                allow_redirects=False,
            )
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
        failure = Truncated(f"GitHub's answer for {shown} broke off in the middle.", url=shown)
    except requests.ReadTimeout:
        failure = Unreachable(f"GitHub did not answer {shown} within {timeout[1]:.0f} s.", url=shown)
    except requests.ConnectionError as error:
        reason = auth.mask(root_cause(error))
        failure = Unreachable(f"GitHub cannot be reached at {shown}: {reason}.", url=shown)
    except (requests.RequestException, HTTPError, ValueError) as error:
        failure = UnexpectedAnswer(f"{shown} cannot be asked ({type(error).__name__}).", url=shown)
    # Raised here and not above: the frames of the first error, which hold the request, do not come along.
    raise failure


def root_cause(error: BaseException) -> str:
    """What the system said first: "Connection refused", "Name or service not known"."""
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__

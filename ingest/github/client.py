"""Asking GitHub's API: one request after the other, with the limits as errors."""

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from ingest.github.addresses import GITHUB_API_URL, api_url_problem, is_loopback, origin, public_url
from ingest.github.answer import Answer, is_json, read_answer, says_json
from ingest.github.bearer import Bearer, NoBearer, fingerprint
from ingest.github.errors import GitHubError, RateLimited, Truncated, UnexpectedAnswer
from ingest.github.graphql import TOO_LONG, graphql_url, query_body, query_problem, too_large
from ingest.github.pacing import Pacer, Pacing, Resource, requests_per_second
from ingest.github.paging import walk
from ingest.github.refusals import refusal
from ingest.github.transport import send

GITHUB_API_VERSION = "2022-11-28"
PER_PAGE = 100
ATTEMPTS = 5
FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 30.0
REDIRECTS = (301, 302, 307, 308)
MOST_REDIRECTS = 5

Params = Mapping[str, str | int]

logger = logging.getLogger(__name__)


class GitHubClient:
    """GitHub's REST and GraphQL API for one token and one thread.

    `token` is called for each request, so that a new token counts at once and a withdrawn one is not used.
    `base_url` is the API's address (`https://api.github.com`, `https://HOST/api/v3`); ValueError where it
    cannot be one. `pacer` defaults to what GitHub allows one client alone at that address. `sleep` waits
    between attempts and requests, never for a limit: that is `RateLimited`, and the caller's decision.
    `clock` gives the time, aware. `secondary_repeats`: `RateLimited.repeats` of earlier work that goes on
    here.

    Every method raises a `GitHubError`.
    """

    def __init__(
        self,
        token: Callable[[], str],
        *,
        base_url: str = GITHUB_API_URL,
        user_agent: str = "tformance",
        pacer: Pacing | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = random.random,
        timeout: tuple[float, float] = (10.0, 60.0),
        secondary_repeats: int = 0,
    ) -> None:
        problem = api_url_problem(base_url)
        if problem is not None:
            raise ValueError(problem)
        self.base_url = base_url.rstrip("/")
        self._token = token
        self._pacer: Pacing = pacer or Pacer(requests_per_second(base_url), sleep=sleep)
        self._sleep = sleep
        self._clock = clock
        self._jitter = jitter
        self._timeout = timeout
        self._secondary_repeats = secondary_repeats
        self._session = requests.Session()
        # A proxy of the environment would be given the token of a plain http request in clear.
        self._session.trust_env = not is_loopback(base_url)
        self._session.headers.update(
            {
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": GITHUB_API_VERSION,
                "User-Agent": user_agent,
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def make_room(self, points: int) -> None:
        """Take so many points of REST's budget, for a request that is sent by other means."""
        for _ in range(points):
            self._pacer.wait("rest")

    def get(self, path_or_url: str, params: Params | None = None, etag: str | None = None) -> Answer:
        """One answer of status 200, or 304 where `etag` still holds (which costs no quota).

        `path_or_url` is a path below the API's address or an absolute address of the API's own host, such as
        a stored `next_url`; another host raises UnexpectedAnswer before anything is asked.
        """
        url = _with(self._address(path_or_url), params)
        headers = {} if etag is None else {"If-None-Match": etag}
        answer = self._patiently(url, headers)
        for _ in range(MOST_REDIRECTS):
            if answer.status not in REDIRECTS:
                return answer
            url = redirect_target(url, answer)
            answer = self._patiently(url, headers)
        if answer.status in REDIRECTS:
            raise _unexpected(answer, f"GitHub redirects {answer.url} more than {MOST_REDIRECTS} times.")
        return answer

    def pages(self, path_or_url: str, params: Params | None = None) -> Iterator[Answer]:
        """The pages of a list, each asked for when the one before it was taken.

        Begin with a path, or go on with the `next_url` of an earlier answer.
        """
        return walk(self.list_url(path_or_url, params), self.get)

    def list_url(self, path_or_url: str, params: Params | None = None) -> str:
        """The address of a list's first page, from a path; the `next_url` of a page stays as it is."""
        if not _is_absolute(path_or_url):
            params = {"per_page": PER_PAGE, **(params or {})}
        return _with(self._address(path_or_url), params)

    @property
    def reserve(self) -> float:
        """The share of an hour's quota that this client leaves to others."""
        return self._pacer.reserve

    def fingerprint(self) -> str:
        """Tells today's token from others, and is of no use to who reads it."""
        return fingerprint(self._token())

    def graphql(self, query: str, variables: Mapping[str, Any] | None = None) -> Answer:
        """The answer to a query, which is asked again where that may help: so no mutation.

        It holds data, and maybe `errors` beside it, which the caller reads: GitHub gives what it can. Errors
        without data are raised, as are limits. Raises QueryTooLarge at the first 502 or 504.
        """
        body = query_body(query, variables)
        return self._patiently(graphql_url(self.base_url), {"Content-Type": "application/json"}, body)

    def _address(self, path_or_url: str) -> str:
        if not _is_absolute(path_or_url):
            return f"{self.base_url}/{path_or_url.lstrip('/')}"
        if not self._is_own(path_or_url):
            url = public_url(path_or_url)
            raise UnexpectedAnswer(f"{url} is not on GitHub's API host, nothing was asked.", url=url)
        return path_or_url

    def _is_own(self, url: str) -> bool:
        try:
            return origin(url) == origin(self.base_url)
        except ValueError:
            return False

    def _patiently(self, url: str, headers: Mapping[str, str], query: bytes | None = None) -> Answer:
        """`_once`, asked again after what may pass: 5xx, a lost connection, a cut body."""
        for attempt in range(1, ATTEMPTS):
            try:
                return self._once(url, headers, query)
            except GitHubError as error:
                if not error.transient:
                    raise
                # Full jitter, so that clients that failed together do not come back together.
                delay = self._jitter() * min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (attempt - 1))
                # Who asked learns of the last one; each that passed is noise beside a progress bar.
                logger.debug("%s Attempt %d of %d, next in %.1f s.", error, attempt, ATTEMPTS, delay)
            self._sleep(delay)
        return self._once(url, headers, query)

    def _once(self, url: str, headers: Mapping[str, str], query: bytes | None) -> Answer:
        auth = Bearer(self._token) if self._is_own(url) else NoBearer()
        resource: Resource = "rest" if query is None else "graphql"
        self._pacer.wait(resource)
        answer = read_answer(send(self._session, url, headers, auth, self._timeout, query), url)
        problem = self._problem(answer, query is not None, auth.mask)
        if isinstance(problem, RateLimited):
            self._pacer.refused(resource, problem)
            self._secondary_repeats = problem.repeats
            raise problem
        self._pacer.told(resource, answer)
        if problem is not None:
            raise problem
        self._secondary_repeats = 0
        return answer

    def _problem(self, answer: Answer, is_query: bool, mask: Callable[[str], str]) -> GitHubError | None:
        if is_query and answer.status in REDIRECTS:
            return _unexpected(answer, f"GitHub redirects queries away from {answer.url}.")
        if is_query and answer.status in TOO_LONG:
            return too_large(answer)
        if answer.status == 304 or answer.status in REDIRECTS:
            return None
        now, repeats = self._clock(), self._secondary_repeats
        if answer.status != 200:
            return refusal(answer, now=now, repeats=repeats, mask=mask)
        if not says_json(answer):
            return _unexpected(answer, f"GitHub answered {answer.url} with something other than JSON.")
        if not is_json(answer.body):
            return Truncated(
                f"GitHub's answer for {answer.url} is not whole JSON ({len(answer.body)} bytes).",
                url=answer.url,
                status=answer.status,
                request_id=answer.request_id,
            )
        return query_problem(answer, now=now, repeats=repeats, mask=mask) if is_query else None


def _with(url: str, params: Params | None) -> str:
    if not params:
        return url
    return url + ("&" if urlsplit(url).query else "?") + urlencode(params)


def _is_absolute(path_or_url: str) -> bool:
    return path_or_url.startswith(("https://", "http://"))


def redirect_target(url: str, answer: Answer) -> str:
    """Where a redirect leads, absolute. Raises UnexpectedAnswer without a usable `Location`."""
    location = answer.headers.get("Location", "")
    target = urlsplit(urljoin(url, location))
    if not location or target.scheme not in ("http", "https"):
        raise _unexpected(answer, f"GitHub redirected {answer.url} to no usable address.")
    # Without its query a list of all pull requests would silently become the list of the open ones.
    if not target.query:
        target = target._replace(query=urlsplit(url).query)
    return target.geturl()


def _unexpected(answer: Answer, sentence: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(sentence, url=answer.url, status=answer.status, request_id=answer.request_id)

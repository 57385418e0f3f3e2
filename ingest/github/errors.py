"""What can go wrong between us and GitHub, one class for each thing a caller can decide on.

Each error is one sentence for a person (`str(error)`) and has `url` (without secrets), `status` (None when
no answer came) and `request_id` (GitHub's `X-GitHub-Request-Id`, what its support asks for; may be empty).
"""

from datetime import datetime


class GitHubError(Exception):
    """Anything that kept us from an answer. `transient`: the same request may succeed a moment later."""

    transient = False

    # All but the sentence have defaults: an exception is pickled as its arguments when it leaves a worker.
    def __init__(
        self, sentence: str, *, url: str = "", status: int | None = None, request_id: str = ""
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.url = url
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        return self.sentence


class CredentialRevoked(GitHubError):
    """401, or a token that cannot be one: asking again is useless until someone connects GitHub anew."""


class NotFoundOrNoPermission(GitHubError):
    """404, which GitHub also answers for what the token may not see."""


class Forbidden(GitHubError):
    """403 that is no limit: `message` is GitHub's reason (single sign-on, a missing permission)."""

    def __init__(
        self,
        sentence: str,
        *,
        message: str = "",
        url: str = "",
        status: int | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(sentence, url=url, status=status, request_id=request_id)
        self.message = message


class EmptyRepository(GitHubError):
    """409: the repository has no commit yet, so there is nothing to read."""


class Disabled(GitHubError):
    """410: the repository, or the feature asked for, was switched off."""


class Blocked(GitHubError):
    """451: taken down for legal reasons."""


class RateLimited(GitHubError):
    """A limit is reached: nothing may be asked with this token before `reset_at` (aware, by our clock).

    `secondary` tells a secondary limit from the hourly quota. `repeats` counts secondary limits without an
    answer between them, this one included; a client made later for the same work takes it up as
    `secondary_repeats`, so that its waits go on growing.
    """

    def __init__(
        self,
        reset_at: datetime,
        *,
        secondary: bool = False,
        repeats: int = 0,
        url: str = "",
        status: int | None = None,
        request_id: str = "",
    ) -> None:
        limit = "a secondary rate limit" if secondary else "the hourly rate limit"
        super().__init__(
            f"GitHub refused {url or 'a request'} for {limit}; ask again at {reset_at:%Y-%m-%d %H:%M:%S %Z}.",
            url=url,
            status=status,
            request_id=request_id,
        )
        self.args = (reset_at,)
        self.reset_at = reset_at
        self.secondary = secondary
        self.repeats = repeats


class QuotaReserved(RateLimited):
    """We ask no further before `reset_at`: the last `percent` of the hourly quota are left to others."""

    def __init__(self, reset_at: datetime, percent: int) -> None:
        super().__init__(reset_at)
        self.args = (reset_at, percent)
        self.sentence = (
            f"The last {percent} % of GitHub's hourly quota are left to others; there is new quota at"
            f" {reset_at:%Y-%m-%d %H:%M:%S %Z}."
        )


class Unavailable(GitHubError):
    """500, 502, 503 or 504, also when asked again."""

    transient = True


class Unreachable(GitHubError):
    """No answer came: no network, no such host, no trust in its certificate, silence."""

    transient = True


class QueryTooLarge(GitHubError):
    """A GraphQL query asks for more than GitHub works out at once: the same again fails again, half may not.

    502 and 504 are this too, which are sometimes only a bad moment: what can't be halved may be asked again.
    """


class UnexpectedAnswer(GitHubError):
    """An answer that GitHub's API does not give: another status, HTML, a strange link or redirect."""


class Truncated(UnexpectedAnswer):
    """A body that ended too early or is not the JSON that it says it is, also when asked again."""

    transient = True

"""Answers that are no success, in the words GitHub uses for them."""

from __future__ import annotations

from .answer import Answer, packed
from .facts import User

_DOCS = "https://docs.github.com"
SAML = (
    "Resource protected by organization SAML enforcement. You must grant your OAuth token access to this"
    " organization."
)


def _refusal(status: int, message: str, docs: str = "/rest", **more: object) -> Answer:
    body = {"message": message, **more, "documentation_url": _DOCS + docs, "status": str(status)}
    return Answer(status, packed(body))


def not_found() -> Answer:
    return _refusal(404, "Not Found")


def bad_credentials() -> Answer:
    return _refusal(401, "Bad credentials")


def requires_authentication() -> Answer:
    return _refusal(401, "Requires authentication")


def graphql_requires_authentication() -> Answer:
    return _refusal(
        401,
        "This endpoint requires you to be authenticated.",
        "/graphql/guides/forming-calls-with-graphql#authenticating-with-graphql",
    )


def no_user_agent() -> Answer:
    text = (
        "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header"
        f" ({_DOCS}/en/rest/overview/resources-in-the-rest-api#user-agent-required)."
        " Check https://developer.github.com for other possible causes.\r\n"
    )
    return Answer(403, text.encode(), {"Content-Type": "text/html; charset=utf-8"})


def bad_request() -> Answer:
    return _refusal(400, "Bad Request")


def problems_parsing_json() -> Answer:
    return _refusal(400, "Problems parsing JSON", "/graphql")


def invalid(resource: str, message: str) -> Answer:
    errors = [{"resource": resource, "code": "custom", "message": message}]
    return _refusal(422, "Validation Failed", "/rest/repos/webhooks", errors=errors)


def rate_limited(status: int, viewer: User) -> Answer:
    return _refusal(
        status,
        f"API rate limit exceeded for user ID {viewer.id}.",
        "/rest/overview/rate-limits-for-the-rest-api",
    )


def graphql_rate_limited(type_: str, viewer: User) -> Answer:
    """With status 200. Both types are seen: RATE_LIMITED alone, RATE_LIMIT with a code."""
    if type_ == "RATE_LIMIT":
        error = {
            "type": type_,
            "code": "graphql_rate_limit",
            "message": f"API rate limit already exceeded for user ID {viewer.id}.",
        }
    else:
        error = {"type": type_, "message": f"API rate limit exceeded for user ID {viewer.id}."}
    return Answer(200, packed({"errors": [error]}))


def query_too_slow(status: int, request_id: str) -> Answer:
    """A GraphQL query that took longer than ten seconds."""
    if status == 504:
        message = (
            "We couldn't respond to your request in time. Sorry about that. Please try resubmitting your"
            " request and contact us if the problem persists."
        )
        return Answer(504, packed({"message": message}))
    message = (
        "Something went wrong while executing your query. This may be the result of a timeout, or it could be"
        f" a GitHub bug. Please include `{request_id}` when reporting this issue."
    )
    return Answer(502, packed({"data": None, "errors": [{"message": message}]}))


def secondary_limited(status: int, retry_after: int | None) -> Answer:
    answer = _refusal(
        status,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        "/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
    )
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def moved(url: str) -> Answer:
    answer = _refusal(
        301,
        "Moved Permanently",
        "/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
        url=url,
    )
    answer.headers["Location"] = url
    return answer


def found(url: str) -> Answer:
    answer = _refusal(302, "Found", "/rest/orgs/members#list-organization-members", url=url)
    answer.headers["Location"] = url
    return answer


def needs_scope(message: str) -> Answer:
    return _refusal(403, message, "/rest/orgs/orgs#list-organizations-for-the-authenticated-user")


def forbidden() -> Answer:
    return _refusal(403, "Resource not accessible by personal access token")


def archived() -> Answer:
    return _refusal(403, "Repository was archived so is read-only.", "/rest/repos/webhooks")


def saml(organization: str) -> Answer:
    answer = _refusal(
        403,
        SAML,
        "/articles/authenticating-to-a-github-organization-with-saml-single-sign-on/",
    )
    answer.headers["X-GitHub-SSO"] = sso(organization)
    return answer


def sso(organization: str) -> str:
    return f"required; url=https://github.com/orgs/{organization}/sso"


def blocked() -> Answer:
    block = {
        "reason": "dmca",
        "created_at": "2024-01-01T00:00:00Z",
        "html_url": "https://github.com/github/dmca",
    }
    return Answer(451, packed({"message": "Repository access blocked", "block": block}))


def disabled() -> Answer:
    return _refusal(410, "Repository has been disabled")


def empty() -> Answer:
    return _refusal(409, "Git Repository is empty.", "/rest/commits/commits#list-commits")


def server_error(status: int) -> Answer:
    if status == 500:
        return Answer(500, packed({"message": "Server Error"}))
    # The load balancer in front of GitHub answers these, in HTML and without rate limit headers.
    page = f"<html><head><title>{status}</title></head><body><h1>Unicorn!</h1></body></html>"
    return Answer(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

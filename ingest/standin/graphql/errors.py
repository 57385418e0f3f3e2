"""Errors in GitHub's form: `type`, `path`, `extensions`, `locations`, `message`, in this order."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError

from ..refusals import SAML


class Refused(GraphQLError):
    """An error with one of GitHub's types; what was asked for is null where its type allows that."""

    def __init__(self, message: str, type_: str | None = None, **extensions: Any) -> None:
        super().__init__(message, extensions={"type": type_, **extensions})


def no_repository(name: str) -> Refused:
    return Refused(f"Could not resolve to a Repository with the name '{name}'.", "NOT_FOUND")


def no_pull_request(number: int) -> Refused:
    return Refused(f"Could not resolve to a PullRequest with the number of {number}.", "NOT_FOUND")


def forbidden() -> Refused:
    return Refused("Resource not accessible by personal access token", "FORBIDDEN", saml_failure=False)


def saml() -> Refused:
    return Refused(SAML, "FORBIDDEN", saml_failure=True)


def blocked() -> Refused:
    return Refused("Repository access blocked", "FORBIDDEN")


def disabled() -> Refused:
    return Refused("Repository has been disabled", "FORBIDDEN")


def bad_cursor(cursor: str) -> Refused:
    return Refused(f"`{cursor}` does not appear to be a valid cursor.", "INVALID_CURSOR_ARGUMENTS")


def broken(request_id: str) -> Refused:
    """What GitHub says of a part that its servers failed to make; it has no type."""
    return Refused(
        f"Something went wrong while executing your query. Please include `{request_id}` when reporting this"
        " issue."
    )


def exhausted() -> Refused:
    """Since 2025 a query that costs GitHub too much ends in nulls, long before 500,000 nodes."""
    return Refused("Resource limits for this query exceeded.", "RESOURCE_LIMITS_EXCEEDED")


def written(error: GraphQLError) -> dict[str, Any]:
    extensions = dict(error.extensions or {})
    type_ = extensions.pop("type", None)
    shape: dict[str, Any] = {}
    if type_:
        shape["type"] = type_
    if error.path is not None:
        shape["path"] = error.path
    if extensions:
        shape["extensions"] = extensions
    if error.locations:
        shape["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    shape["message"] = error.message
    return shape

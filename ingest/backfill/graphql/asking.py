"""Asking about one repository, whatever it is called by now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ingest.github.answer import Answer
from ingest.github.errors import NotFoundOrNoPermission, QueryTooLarge, UnexpectedAnswer

from ..repository import find_again
from ..work import Work
from .cutting import Cut
from .queries import Query

TOO_LARGE = ("MAX_NODE_LIMIT_EXCEEDED", "RESOURCE_LIMITS_EXCEEDED")


class Got(NamedTuple):
    """An answer, cut. `details`: what its fetch's row says of the query."""

    answer: Answer
    cut: Cut
    details: dict[str, Any]


def ask(work: Work, make: Callable[[str], Query], cut: Callable[[Answer], Cut]) -> Got:
    """Ask the query that `make` makes for the repository's name.

    Every query asks for the repository's id too: a rename is followed, and where another repository took the
    name, the right one is found by its id and asked. Raises a GitHubError.
    """
    for last in (False, True):
        place = work.place
        query = make(place.full_name)
        try:
            answer = work.ask(query.text, query.variables)
            found = cut(answer)
        except NotFoundOrNoPermission:
            if last:
                raise
        else:
            if any(error.get("type") in TOO_LARGE for error in found.errors):
                # It holds what GitHub had until then; half as many come whole.
                raise QueryTooLarge(
                    f"GitHub ended a query at {answer.url} that asked for too much at once.",
                    url=answer.url,
                    status=answer.status,
                    request_id=answer.request_id,
                )
            if found.repository_id == place.id:
                if found.full_name and found.full_name != place.full_name:
                    work.repository = place._replace(full_name=found.full_name)
                    work.save(scope={**work.run.scope, "repository": found.full_name})
                return Got(answer, found, {"query": query.sha256, **found.details()})
            if last:
                break
        # Raises where it is gone.
        work.repository = find_again(work.get, place.id, place.full_name)
    raise UnexpectedAnswer(
        f"The name {work.place.full_name} belongs to another repository by now; start again.",
        url=answer.url,
        status=answer.status,
        request_id=answer.request_id,
    )

"""The queries. Their names of fields are those that `ingest.shapes.graphql` reads.

How many items of each list come with a pull request is a matter of cost. GitHub counts a point for each
hundred lists that a query leads to, whatever they hold: a pull request leads to four and each of its commits
to one more, its parents (GitHub's documentation, "Rate limits and query limits for the GraphQL API"). What is
beyond comes as further pages of the one list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..rounds import ALL, OPEN, UPDATED

# Pull requests at once, if GitHub can do so many.
PULLS = 50
PER_PAGE = 100
REVIEWS, COMMITS, MOMENTS = 20, 20, 10

ACTOR = """
fragment Who on Actor {
  __typename login
  ... on User { databaseId }
  ... on Bot { databaseId }
  ... on Mannequin { databaseId }
  ... on Organization { databaseId }
}"""

_MORE = "totalCount pageInfo { hasNextPage endCursor }"
_REVIEW = "fullDatabaseId state submittedAt createdAt updatedAt author { ...Who }"
_COMMIT = """commit {
  oid message additions deletions authoredDate committedDate
  author { user { databaseId login } } parents(first: 10) { nodes { oid } }
}"""
_MOMENT = """__typename
  ... on ReadyForReviewEvent { createdAt actor { ...Who } }
  ... on ConvertToDraftEvent { createdAt actor { ...Who } }
  ... on ReopenedEvent { createdAt actor { ...Who } }"""
_TYPES = "itemTypes: [READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, REOPENED_EVENT]"

# The lists of a pull request that are read to their end: by their name, the arguments beside the page, and
# what is asked of an item.
LISTS = {"reviews": ("", _REVIEW), "commits": ("", _COMMIT), "timelineItems": (_TYPES, _MOMENT)}
_FIRST = {"reviews": REVIEWS, "commits": COMMITS, "timelineItems": MOMENTS}


def _list(name: str, first: int, after: str = "") -> str:
    arguments, item = LISTS[name]
    given = ", ".join(filter(None, (f"first: {first}", after, arguments)))
    return f"{name}({given}) {{ {_MORE} nodes {{ {item} }} }}"


# At most a hundred labels stand on a pull request.
PULL = f"""
fragment Pull on PullRequest {{
  __typename id fullDatabaseId number title body state isDraft
  createdAt updatedAt closedAt mergedAt
  mergeCommit {{ oid }} potentialMergeCommit {{ oid }}
  headRefName headRefOid headRepository {{ databaseId nameWithOwner isPrivate }}
  baseRefName baseRefOid baseRepository {{ databaseId nameWithOwner isPrivate }}
  author {{ ...Who }}
  labels(first: 100) {{ totalCount nodes {{ name }} }}
  additions deletions changedFiles
  {" ".join(_list(name, first) for name, first in _FIRST.items())}
}}"""

_QUOTA = "rateLimit { cost limit remaining used resetAt }"
_PLACE = "repository(owner: $owner, name: $name, followRenames: true) { databaseId nameWithOwner"
_PAGED = "pullRequests(first: $first, after: $after, states: $states, orderBy: $order)"
_ASKED = """query(
  $owner: String!, $name: String!, $first: Int!, $after: String,
  $states: [PullRequestState!], $order: IssueOrder!
)"""


class Query(NamedTuple):
    text: str
    variables: dict[str, Any]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def _page(item: str, fragments: str) -> str:
    return f"{_ASKED} {{ {_QUOTA} {_PLACE} {_PAGED} {{ {_MORE} nodes {{ {item} }} }} }} }}{fragments}"


WHOLE = _page("...Pull", PULL + ACTOR)
# Enough to see what is new: one point for a hundred.
NUMBERS = _page("number updatedAt", "")

ORDERS: dict[str, dict[str, Any]] = {
    UPDATED: {"states": None, "order": {"field": "UPDATED_AT", "direction": "DESC"}},
    OPEN: {"states": ["OPEN"], "order": {"field": "UPDATED_AT", "direction": "ASC"}},
    ALL: {"states": None, "order": {"field": "CREATED_AT", "direction": "ASC"}},
}


def page(place: str, round_name: str, first: int, after: str | None, *, whole: bool) -> Query:
    """A page of a round's list: `whole` pull requests, or their numbers and times alone."""
    variables = {**_named(place), "first": first, "after": after, **ORDERS[round_name]}
    return Query(WHOLE if whole else NUMBERS, variables)


def pulls(place: str, numbers: Sequence[int]) -> Query:
    """These pull requests, as `p0`, `p1` and so on."""
    asked = " ".join(f"p{i}: pullRequest(number: $n{i}) {{ ...Pull }}" for i in range(len(numbers)))
    declared = ", ".join(f"$n{i}: Int!" for i in range(len(numbers)))
    text = f"query($owner: String!, $name: String!, {declared}) {{ {_QUOTA} {_PLACE} {asked} }} }}"
    variables = {f"n{i}": number for i, number in enumerate(numbers)}
    return Query(text + PULL + ACTOR, {**_named(place), **variables})


def counts(place: str, cutoff: datetime | None) -> Query:
    """How many pull requests there are, or with a cutoff how many are wanted. Estimates: by search.

    One comes whole: an older Enterprise Server that lacks a field says so.
    """
    one = f"{_PLACE} pullRequests(first: 1) {{ totalCount nodes {{ ...Pull }} }} }}"
    if cutoff is None:
        text = f"query($owner: String!, $name: String!) {{ {_QUOTA} {one} }}"
        return Query(text + PULL + ACTOR, _named(place))
    text = (
        "query($owner: String!, $name: String!, $recent: String!, $older: String!) {"
        f" {_QUOTA} {one}"
        " recent: search(type: ISSUE, query: $recent, first: 1) { issueCount }"
        " older: search(type: ISSUE, query: $older, first: 1) { issueCount } }"
    )
    recent, older = _searches(place, cutoff)
    return Query(text + PULL + ACTOR, {**_named(place), "recent": recent, "older": older})


def counts_of_many(places: Sequence[str], cutoff: datetime | None) -> Query:
    """How many pull requests each repository has, as `r0`, `r1` and so on; with a cutoff how many are wanted:
    the sum of the searches `a0` and `b0`.
    """
    variables: dict[str, Any] = {}
    declared, asked = [], []
    for i, place in enumerate(places):
        variables |= {f"{name[0]}{i}": value for name, value in _named(place).items()}
        declared.append(f"$o{i}: String!, $n{i}: String!")
        pulls = " pullRequests(first: 1) { totalCount }" if cutoff is None else ""
        asked.append(f"r{i}: repository(owner: $o{i}, name: $n{i}) {{ databaseId{pulls} }}")
        if cutoff is not None:
            for name, search in zip("ab", _searches(place, cutoff), strict=True):
                variables[f"{name}{i}"] = search
                declared.append(f"${name}{i}: String!")
                asked.append(f"{name}{i}: search(type: ISSUE, query: ${name}{i}, first: 1) {{ issueCount }}")
    return Query(f"query({', '.join(declared)}) {{ {' '.join(asked)} }}", variables)


def _searches(place: str, cutoff: datetime) -> tuple[str, str]:
    """For the pull requests that were updated since, and for the open ones that were not."""
    since = cutoff.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"repo:{place} is:pr updated:>={since}", f"repo:{place} is:pr is:open updated:<{since}"


class Rest(NamedTuple):
    """Where a list of a pull request goes on; `page` counts from 1, `held` are the items before."""

    number: int
    name: str
    after: str
    page: int
    held: int


def further(place: str, rests: Sequence[Rest]) -> Query:
    """The next pages of these lists, as `p0`, `p1` and so on."""
    asked = " ".join(
        f"p{i}: pullRequest(number: $n{i}) {{ fullDatabaseId number "
        f"{_list(rest.name, PER_PAGE, f'after: $a{i}')} }}"
        for i, rest in enumerate(rests)
    )
    declared = ", ".join(f"$n{i}: Int!, $a{i}: String" for i in range(len(rests)))
    text = f"query($owner: String!, $name: String!, {declared}) {{ {_QUOTA} {_PLACE} {asked} }} }}"
    needs_actor = any("...Who" in LISTS[rest.name][1] for rest in rests)
    variables: dict[str, Any] = {f"n{i}": rest.number for i, rest in enumerate(rests)}
    variables |= {f"a{i}": rest.after for i, rest in enumerate(rests)}
    return Query(text + (ACTOR if needs_actor else ""), {**_named(place), **variables})


def _named(place: str) -> dict[str, str]:
    owner, _, name = place.partition("/")
    return {"owner": owner, "name": name}

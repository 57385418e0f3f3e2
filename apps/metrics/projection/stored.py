"""What the tables hold of the pull requests and reviews of a chunk: one statement for each.

Two looks at a table are one statement (UNION ALL), because a single delivery is mostly made of ways to the
database and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps import sql
from apps.metrics.models import PRReview, PullRequest

from . import columns
from .changes import as_fields
from .claims import Claim
from .project import Projection, StreamKey
from .version import VERSION, MadeByNewer

KEYS = {"team_id": "bigint", "github_repo_id": "bigint", "number": "integer"}
ON_KEY = "t.team_id = k.team_id AND t.github_repo_id = k.github_repo_id AND t.number = k.number"

# The id, the compared columns, whether events made the row.
StoredPullRequest = tuple[int, tuple[Any, ...], bool]
# The id, the compared columns, whether events made the row, (repository id, number).
StoredReview = tuple[int, tuple[Any, ...], bool, tuple[int, int]]


def stored_pull_requests(
    projections: Sequence[Projection],
) -> tuple[dict[StreamKey, StoredPullRequest], list[tuple[Claim, int, int]]]:
    """The rows of these streams by key, and who else has an id of theirs: claim, number and the row's id.

    Raises MadeByNewer.
    """
    if not projections:
        return {}, []
    ids = {p.key: p.pull_request["github_pr_id"] for p in projections if p.pull_request is not None}
    mine, params = sql.key_table([p.key for p in projections], **KEYS)
    claimed, more = sql.key_table([(*key, found) for key, found in ids.items()], **KEYS, pr_id="bigint")
    # The id decides, not the repository too: a database then may prefer the index of the repository's
    # numbers, and reads all of its pull requests for each key.
    other = (
        f"FROM {claimed} JOIN {sql.quoted(PullRequest)} t"
        " ON t.team_id = k.team_id AND t.github_pr_id = k.pr_id WHERE t.number <> k.number"
    )
    names = _names(columns.PULL_REQUEST_COMPARED)
    rest = f"FROM {mine} JOIN {sql.quoted(PullRequest)} t ON {ON_KEY}"
    rows = list(sql.select(PullRequest, names, rest, params, (other, more)))
    keys = {p.key for p in projections}
    found = _by_key([row for row in rows if row[:3] in keys])
    claims = {(key[0], pr_id, key[1]) for key, pr_id in ids.items()}
    others = [as_fields(names, row) for row in rows if row[:3] not in keys]
    rivals = [
        ((row["team_id"], row["github_pr_id"], row["github_repo_id"]), row["number"], row["id"])
        for row in others
    ]
    return found, [rival for rival in rivals if rival[0] in claims]


def pull_requests_at(
    keys: Sequence[StreamKey], compared: Sequence[str] = columns.PULL_REQUEST_COMPARED
) -> dict[StreamKey, StoredPullRequest]:
    """The rows of these streams by key. Raises MadeByNewer."""
    if not keys:
        return {}
    table, params = sql.key_table(keys, **KEYS)
    rest = f"FROM {table} JOIN {sql.quoted(PullRequest)} t ON {ON_KEY}"
    return _by_key(list(sql.select(PullRequest, _names(compared), rest, params)))


def _names(compared: Sequence[str]) -> tuple[str, ...]:
    return (*columns.PULL_REQUEST_KEY, "version", "id", "last_event_id", *compared)


def _by_key(rows: Sequence[tuple[Any, ...]]) -> dict[StreamKey, StoredPullRequest]:
    if newer := [row[:3] for row in rows if row[3] > VERSION]:
        raise MadeByNewer(newer)
    return {row[:3]: (row[4], row[6:], row[5] is not None) for row in rows}


def stored_reviews(
    projections: Sequence[Projection], pull_requests: Mapping[StreamKey, Any]
) -> dict[tuple[int, int], StoredReview]:
    """The reviews of these pull requests, and those with an id that these streams hold, wherever they hang;
    by (team id, review id). Raises MadeByNewer.
    """
    places: dict[int, tuple[int, int]] = {
        pk: key[1:] for key, pk in pull_requests.items() if isinstance(pk, int)
    }
    claimed = [(p.key[0], review_id) for p in projections for review_id in p.reviews]
    if not places and not claimed:
        return {}
    review = sql.quoted(PRReview)
    table, params = sql.key_table([(pk,) for pk in places], id="bigint")
    rest = f"FROM {table} JOIN {review} t ON t.pull_request_id = k.id"
    by_id, more = sql.key_table(claimed, team_id="bigint", review_id="bigint")
    other = f"FROM {by_id} JOIN {review} t ON t.team_id = k.team_id AND t.github_review_id = k.review_id"
    found: dict[tuple[int, int], StoredReview] = {}
    elsewhere: dict[tuple[int, int], tuple[Any, ...]] = {}
    newer: set[tuple[int, int]] = set()
    names = (*columns.REVIEW_KEY, "id", "last_event_id", *columns.REVIEW_COMPARED, "version")
    parent = len(names) - 1 - len(columns.REVIEW_COMPARED) + columns.REVIEW_COMPARED.index("pull_request_id")
    for row in sql.select(PRReview, names, rest, params, (other, more)):
        if row[-1] > VERSION:
            newer.add(row[:2])
        if row[parent] in places:
            found[row[:2]] = (row[2], row[4:-1], row[3] is not None, places[row[parent]])
        else:
            elsewhere[row[:2]] = row
    if elsewhere:
        others = PullRequest.objects.filter(pk__in=[row[parent] for row in elsewhere.values()])
        rows = others.values_list("id", "github_repo_id", "number")
        places |= {pk: (repo, number) for pk, repo, number in rows}
    for key, row in elsewhere.items():
        found[key] = (row[2], row[4:-1], row[3] is not None, places[row[parent]])
    if newer:
        holding = {p.key for p in projections for review_id in p.reviews if (p.key[0], review_id) in newer}
        raise MadeByNewer(holding | {(key[0], *found[key][3]) for key in newer})
    return found

"""Compare what streams yield with what is stored, and write what differs: a few statements a chunk.

The caller holds the streams' locks, so rows of one stream have no other writer. Shared rows (commits) are
locked here in key order, repositories last; every writer takes them so, and none waits in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from django.utils import timezone

from apps import sql
from apps.metrics.models import PRReview, PullRequest

from . import claims, columns, names, shared_commits
from .bindings import Members
from .changes import Change, Outcome, as_fields
from .project import Projection, StreamKey
from .version import VERSION, MadeByNewer

KEYS = {"team_id": "bigint", "github_repo_id": "bigint", "number": "integer"}


def write(
    projections: Sequence[Projection],
    outcome: Outcome,
    *,
    dry: bool = False,
    told: names.Told | None = None,
) -> Outcome:
    """Make the rows of these streams what their projections say. With `dry` nothing is written, all is
    counted; `told`, kept from chunk to chunk, then takes what repositories would be called.

    Raises django.db.Error for a value that the database refuses; the caller's transaction is then to be
    rolled back. Raises MadeByNewer where a newer version's rows would be overwritten.
    """
    _evict(claims.settle(projections), outcome, dry)
    members = Members(_actors(projections))
    called = names.Names(projections, told)
    pull_requests = _pull_requests(projections, members, called, outcome, dry)
    _reviews(projections, members, pull_requests, outcome, dry)
    gone = _remove_pull_requests(projections, outcome, dry)
    shared_commits.write(projections, called, pull_requests | dict.fromkeys(gone), outcome, dry)
    called.write(outcome, dry)
    return outcome


def _actors(projections: Iterable[Projection]) -> Iterable[tuple[int, int | None, str]]:
    for p in projections:
        if p.pull_request:
            yield p.key[0], p.pull_request["author_github_id"], p.pull_request["author_login"]
        for review in p.reviews.values():
            yield p.key[0], review["reviewer_github_id"], review["reviewer_login"]


def _pull_requests(
    projections: Sequence[Projection], members: Members, called: names.Names, outcome: Outcome, dry: bool
) -> dict[StreamKey, Any]:
    """Writes the pull requests; returns the id of each by its stream's key (in a dry run a new one's key
    itself).
    """
    stored = _stored_pull_requests([p.key for p in projections])
    ids: dict[StreamKey, Any] = {key: row[0] for key, row in stored.items()}
    writes: list[tuple[Any, ...]] = []
    created: list[StreamKey] = []
    for p in projections:
        if p.pull_request is None:
            continue
        facts = p.pull_request
        bound = facts | {
            "author_id": members.find(p.key[0], facts["author_github_id"], facts["author_login"]),
            "github_repo": called.name_of(p.key[0], p.key[1]),
        }
        row = tuple(bound[name] for name in columns.PULL_REQUEST_COMPARED)
        before = stored.get(p.key)
        if before and called.told:
            was = called.as_told(p.key[:2], as_fields(columns.PULL_REQUEST_COMPARED, before[1]))
            before = (before[0], tuple(was.values()), before[2])
        if _note("PullRequest", p.key, before, columns.PULL_REQUEST_COMPARED, row, outcome):
            writes.append((*p.key, *row))
        if before is None:
            created.append(p.key)
    if dry:
        return ids | {key: key for key in created}
    _upsert(PullRequest, columns.PULL_REQUEST_KEY, columns.PULL_REQUEST_COMPARED, writes)
    return ids | {key: row[0] for key, row in _stored_pull_requests(created, ()).items()}


def _stored_pull_requests(
    keys: Sequence[StreamKey], compared: Sequence[str] = columns.PULL_REQUEST_COMPARED
) -> dict[StreamKey, tuple[int, tuple[Any, ...], bool]]:
    """By key: the id, the compared columns, and whether events made the row."""
    if not keys:
        return {}
    table, params = sql.key_table(keys, **KEYS)
    rest = (
        f"FROM {table} JOIN {sql.quoted(PullRequest)} t ON t.team_id = k.team_id "
        "AND t.github_repo_id = k.github_repo_id AND t.number = k.number"
    )
    names = (*columns.PULL_REQUEST_KEY, "version", "id", "last_event_id", *compared)
    rows = list(sql.select(PullRequest, names, rest, params))
    if newer := [row[:3] for row in rows if row[3] > VERSION]:
        raise MadeByNewer(newer)
    return {row[:3]: (row[4], row[6:], row[5] is not None) for row in rows}


def _reviews(
    projections: Sequence[Projection],
    members: Members,
    pull_requests: Mapping[StreamKey, Any],
    outcome: Outcome,
    dry: bool,
) -> None:
    stored = _stored_reviews(projections, pull_requests)
    writes: list[tuple[Any, ...]] = []
    here = {p.key for p in projections}
    seen: set[tuple[int, int]] = set()
    for p in sorted(projections, key=attrgetter("key")):
        for review_id, facts in p.reviews.items():
            key = (p.key[0], review_id)
            before = stored.pop(key, None)
            # Two pull requests claim one review, as only a wrong recording does: the lowest has it, in
            # any order.
            taken = before is not None and before[3] < p.key[1:] and (p.key[0], *before[3]) not in here
            if taken or key in seen:
                seen.add(key)
                continue
            seen.add(key)
            bound = facts | {
                "reviewer_id": members.find(p.key[0], facts["reviewer_github_id"], facts["reviewer_login"]),
                "pull_request_id": pull_requests[p.key],
            }
            row = tuple(bound[name] for name in columns.REVIEW_COMPARED)
            if _note("PRReview", key, before, columns.REVIEW_COMPARED, row, outcome):
                writes.append((*key, *row))
    gone = {key: row for key, row in stored.items() if row[2] and (key[0], *row[3]) in here}
    for key, row in gone.items():
        outcome.note(Change("PRReview", key, as_fields(columns.REVIEW_COMPARED, row[1]), None))
    if not dry:
        _delete(PRReview, [row[0] for row in gone.values()])
        _upsert(PRReview, columns.REVIEW_KEY, columns.REVIEW_COMPARED, writes)


def _stored_reviews(
    projections: Sequence[Projection], pull_requests: Mapping[StreamKey, Any]
) -> dict[tuple[int, int], tuple[int, tuple[Any, ...], bool, tuple[int, int]]]:
    """The reviews of these pull requests, and those with an id that these streams hold, wherever they hang.

    By (team id, review id): the id, the compared columns, whether events made it, (repository id, number).
    """
    found: dict[tuple[int, int], tuple[int, tuple[Any, ...], bool, tuple[int, int]]] = {}
    places: dict[int, tuple[int, int]] = {
        pk: key[1:] for key, pk in pull_requests.items() if isinstance(pk, int)
    }
    wanted = (
        ([(pk,) for pk in places], {"id": "bigint"}, "t.pull_request_id = k.id"),
        (
            [(p.key[0], review_id) for p in projections for review_id in p.reviews],
            {"team_id": "bigint", "review_id": "bigint"},
            "t.team_id = k.team_id AND t.github_review_id = k.review_id",
        ),
    )
    elsewhere: dict[tuple[int, int], tuple[Any, ...]] = {}
    newer: set[tuple[int, int]] = set()
    names = (*columns.REVIEW_KEY, "id", "last_event_id", *columns.REVIEW_COMPARED, "version")
    parent = len(names) - 1 - len(columns.REVIEW_COMPARED) + columns.REVIEW_COMPARED.index("pull_request_id")
    for keys, kinds, join in wanted:
        if not keys:
            continue
        table, params = sql.key_table(keys, **kinds)
        for row in sql.select(
            PRReview, names, f"FROM {table} JOIN {sql.quoted(PRReview)} t ON {join}", params
        ):
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


def _remove_pull_requests(
    projections: Sequence[Projection], outcome: Outcome, dry: bool
) -> Iterable[StreamKey]:
    """Rows that events made and that their streams no longer yield."""
    empty = [p.key for p in projections if p.pull_request is None]
    gone = {key: row for key, row in _stored_pull_requests(empty).items() if row[2]}
    for key, row in gone.items():
        outcome.note(Change("PullRequest", key, as_fields(columns.PULL_REQUEST_COMPARED, row[1]), None))
    if not dry:
        _delete(PullRequest, [row[0] for row in gone.values()])
    return gone


def _evict(rows: Mapping[StreamKey, int], outcome: Outcome, dry: bool) -> None:
    for key, row in _stored_pull_requests(sorted(rows)).items():
        outcome.note(Change("PullRequest", key, as_fields(columns.PULL_REQUEST_COMPARED, row[1]), None))
    outcome.evicted |= rows.keys()
    if not dry:
        _delete(PullRequest, rows.values())


def _delete(model: Any, ids: Collection[int]) -> None:
    if ids:
        model.objects.filter(pk__in=ids).delete()


def _note(
    table: str,
    key: tuple[Any, ...],
    before: tuple[Any, ...] | None,
    compared: Sequence[str],
    row: tuple[Any, ...],
    outcome: Outcome,
) -> bool:
    """Counts the change; says whether there is something to write."""
    was = as_fields(compared, before[1]) if before else None
    return outcome.note(Change(table, key, was, as_fields(compared, row))) != "unchanged"


def _upsert(model: Any, key: Sequence[str], compared: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    now = timezone.now()
    synced = ("synced_at",) if model is PullRequest else ()
    extra = ("version", "created_at", "updated_at", *synced)
    values = (VERSION, now, now, *(now for _ in synced))
    sql.upsert(
        model,
        (*key, *compared, *extra),
        [(*row, *values) for row in rows],
        key=key,
        update=(*compared, "version", "updated_at", *synced),
    )

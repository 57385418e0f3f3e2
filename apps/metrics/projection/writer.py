"""Compare what streams yield with what is stored, and write what differs: a few statements a chunk.

The caller holds the streams' locks, so rows of one stream have no other writer. Shared rows (commits) are
locked here in key order, repositories last; every writer takes them so, and none waits in a circle. But for a
rename, which writes other streams' rows last of all: whom the database undoes for that tries again.
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
from .stored import StoredPullRequest, pull_requests_at, stored_pull_requests, stored_reviews
from .version import VERSION


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
    stored, rivals = stored_pull_requests(projections)
    _evict(claims.settle(projections, rivals), outcome, dry)
    members = Members(_actors(projections))
    called = names.Names(projections, told)
    pull_requests = _pull_requests(projections, stored, members, called, outcome, dry)
    _reviews(projections, members, pull_requests, outcome, dry)
    gone = _remove_pull_requests(projections, stored, outcome, dry)
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
    projections: Sequence[Projection],
    stored: Mapping[StreamKey, StoredPullRequest],
    members: Members,
    called: names.Names,
    outcome: Outcome,
    dry: bool,
) -> dict[StreamKey, Any]:
    """Writes the pull requests; returns the id of each by its stream's key (in a dry run a new one's key
    itself).
    """
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
    return ids | {key: row[0] for key, row in pull_requests_at(created, ()).items()}


def _reviews(
    projections: Sequence[Projection],
    members: Members,
    pull_requests: Mapping[StreamKey, Any],
    outcome: Outcome,
    dry: bool,
) -> None:
    stored = stored_reviews(projections, pull_requests)
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


def _remove_pull_requests(
    projections: Sequence[Projection],
    stored: Mapping[StreamKey, StoredPullRequest],
    outcome: Outcome,
    dry: bool,
) -> Iterable[StreamKey]:
    """Rows that events made and that their streams no longer yield."""
    empty = {p.key for p in projections if p.pull_request is None}
    gone = {key: row for key, row in stored.items() if key in empty and row[2]}
    for key, row in gone.items():
        outcome.note(Change("PullRequest", key, as_fields(columns.PULL_REQUEST_COMPARED, row[1]), None))
    if not dry:
        _delete(PullRequest, [row[0] for row in gone.values()])
    return gone


def _evict(rows: Mapping[StreamKey, int], outcome: Outcome, dry: bool) -> None:
    for key, row in pull_requests_at(sorted(rows)).items():
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

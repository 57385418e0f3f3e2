"""Write the links of these streams, and make every commit that they touch from all links that hold it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone

from apps import sql
from apps.metrics.models import Commit, PullRequest, PullRequestCommit

from . import columns
from .bindings import Members
from .changes import Change, Outcome, as_fields
from .commits import Link, Place, merged
from .names import Names
from .project import Projection, StreamKey
from .version import VERSION, MadeByNewer

CommitKey = tuple[int, str]
LINK_KEY = ("team_id", "github_repo_id", "number", "sha")
# The id, the compared columns, whether events made it, the version.
StoredCommit = tuple[int, tuple[Any, ...], bool, int]
Links = dict[tuple[int, int, int, str], Link]


def write(
    projections: Sequence[Projection],
    called: Names,
    pull_requests: Mapping[StreamKey, Any],
    outcome: Outcome,
    dry: bool,
) -> None:
    wanted: Links = {(*p.key, sha): link for p in projections for sha, link in p.links.items()}
    before = _links_of_streams([p.key for p in projections])
    touched = sorted({(key[0], key[3]) for key in (*wanted, *before)})
    if not touched:
        return
    if not dry:
        _lock(touched, {(key[0], key[3]) for key in wanted})
    # Read after the lock: another worker's link of the same sha is committed by now, or waits for this one.
    everywhere = {k: link for k, link in _links_of_commits(touched).items() if k not in before} | wanted
    by_commit: dict[CommitKey, dict[Place, Link]] = {key: {} for key in touched}
    for (team_id, repo, number, sha), link in everywhere.items():
        by_commit[team_id, sha][Place(repo, number)] = link
    rows = {key: merged(links) if links else None for key, links in by_commit.items()}
    stored = _stored(touched)
    if newer := {key for key, row in stored.items() if row[3] > VERSION}:
        raise MadeByNewer(key[:3] for key in (*wanted, *before) if (key[0], key[3]) in newer)
    writes, gone = _compare(rows, stored, called, pull_requests, outcome)
    changed = {key: link for key, link in wanted.items() if before.get(key) != link}
    gone_links = before.keys() - wanted.keys()
    outcome.links += len(changed) + len(gone_links)
    if dry:
        return
    _write_links(changed, gone_links)
    _write_commits(writes)
    if gone:
        Commit.objects.filter(pk__in=gone).delete()


def _lock(keys: Sequence[CommitKey], wanted: Container[CommitKey]) -> None:
    """Insert what is wanted and absent, and lock all, in key order; on SQLite the transaction is the lock."""
    if sql.is_sqlite():
        return
    now = timezone.now()
    names = ("team_id", "github_sha", "github_repo", "author_login", "author_kind", "message", "from_events")
    # No fact yet and not from events: a dry run beside this one sees nothing, as it is not committed.
    rows = [(*key, "", "", "", "", False, 0, now, now) for key in keys if key in wanted]
    sql.upsert(Commit, (*names, "version", "created_at", "updated_at"), rows, key=columns.COMMIT_KEY)
    table, params = sql.key_table(keys, team_id="bigint", sha="text")
    with sql.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {sql.quoted(Commit)} t JOIN {table}"
            " ON t.team_id = k.team_id AND t.github_sha = k.sha"
            " ORDER BY t.team_id, t.github_sha FOR UPDATE OF t",
            params,
        )


def _links_of_streams(keys: Sequence[StreamKey]) -> Links:
    table, params = sql.key_table(keys, team_id="bigint", repo="bigint", number="integer")
    join = "t.team_id = k.team_id AND t.github_repo_id = k.repo AND t.number = k.number"
    return _links(table, params, join)


def _links_of_commits(keys: Sequence[CommitKey]) -> Links:
    table, params = sql.key_table(keys, team_id="bigint", sha="text")
    return _links(table, params, "t.team_id = k.team_id AND t.sha = k.sha")


def _links(table: str, params: list[Any], join: str) -> Links:
    rest = f"FROM {table} JOIN {sql.quoted(PullRequestCommit)} t ON {join}"
    rows = sql.select(PullRequestCommit, (*LINK_KEY, "facts", "removed"), rest, params)
    return {row[:4]: Link(*row[4:]) for row in rows}


def _compare(
    rows: Mapping[CommitKey, dict[str, Any] | None],
    stored: Mapping[CommitKey, StoredCommit],
    called: Names,
    pull_requests: Mapping[StreamKey, Any],
    outcome: Outcome,
) -> tuple[list[tuple[Any, ...]], list[int]]:
    """The rows to write, and the ids of those to delete."""
    members = Members(
        (key[0], row["author_github_id"], row["author_login"]) for key, row in rows.items() if row is not None
    )
    parents = _parents(rows, pull_requests)
    elsewhere = called.elsewhere(
        {(key[0], row["github_repo_id"]) for key, row in rows.items() if row is not None}
        - called.repositories
    )
    writes: list[tuple[Any, ...]] = []
    gone: list[int] = []
    for key, facts in rows.items():
        before = stored.get(key)
        was = as_fields(columns.COMMIT_COMPARED, before[1]) if before and before[2] else None
        if was and called.told:
            was = called.as_told((key[0], was["github_repo_id"]), was)
        if facts is None:
            if before and before[2]:
                outcome.note(Change("Commit", key, was, None))
                gone.append(before[0])
            continue
        repository = (key[0], facts["github_repo_id"])
        bound = facts | {
            "author_id": members.find(key[0], facts["author_github_id"], facts["author_login"]),
            "github_repo": elsewhere[repository] if repository in elsewhere else called.name_of(*repository),
            "pull_request_id": parents.get((*repository, facts["number"])),
        }
        row = tuple(bound[name] for name in columns.COMMIT_COMPARED)
        if outcome.note(Change("Commit", key, was, as_fields(columns.COMMIT_COMPARED, row))) != "unchanged":
            writes.append((*key, *row))
    return writes, gone


def _stored(keys: Sequence[CommitKey]) -> dict[CommitKey, StoredCommit]:
    table, params = sql.key_table(keys, team_id="bigint", sha="text")
    rest = f"FROM {table} JOIN {sql.quoted(Commit)} t ON t.team_id = k.team_id AND t.github_sha = k.sha"
    names = (*columns.COMMIT_KEY, "version", "id", *columns.COMMIT_COMPARED)
    made = columns.COMMIT_COMPARED.index("from_events")
    found = sql.select(Commit, names, rest, params)
    return {row[:2]: (row[3], row[4:], row[4 + made], row[2]) for row in found}


def _parents(
    rows: Mapping[CommitKey, dict[str, Any] | None], pull_requests: Mapping[StreamKey, Any]
) -> dict[StreamKey, Any]:
    """The pull request rows that commits point at: of this chunk's streams or of others."""
    places = {
        (key[0], row["github_repo_id"], row["number"])
        for key, row in rows.items()
        if row is not None and row["number"] is not None
    }
    missing = sorted(places - pull_requests.keys())
    if not missing:
        return dict(pull_requests)
    table, params = sql.key_table(missing, team_id="bigint", repo="bigint", number="integer")
    rest = (
        f"FROM {table} JOIN {sql.quoted(PullRequest)} t"
        " ON t.team_id = k.team_id AND t.github_repo_id = k.repo AND t.number = k.number"
    )
    found = sql.select(PullRequest, (*columns.PULL_REQUEST_KEY, "id"), rest, params)
    return dict(pull_requests) | {row[:3]: row[3] for row in found}


def _write_links(changed: Links, gone: Iterable[tuple[int, int, int, str]]) -> None:
    rows = [(*key, *link) for key, link in changed.items()]
    sql.upsert(
        PullRequestCommit, (*LINK_KEY, "facts", "removed"), rows, key=LINK_KEY, update=("facts", "removed")
    )
    for team_id, repo, number, sha in gone:
        PullRequestCommit.objects.filter(
            team_id=team_id, github_repo_id=repo, number=number, sha=sha
        ).delete()


def _write_commits(rows: Iterable[tuple[Any, ...]]) -> None:
    now = timezone.now()
    extra = ("version", "created_at", "updated_at")
    sql.upsert(
        Commit,
        (*columns.COMMIT_KEY, *columns.COMMIT_COMPARED, *extra),
        [(*row, VERSION, now, now) for row in rows],
        key=columns.COMMIT_KEY,
        update=(*columns.COMMIT_COMPARED, "version", "updated_at"),
    )

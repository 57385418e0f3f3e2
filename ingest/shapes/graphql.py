"""Pull request nodes of GraphQL answers, translated into what deliveries would have said.

One node tells of the pull request, its reviews, its commits and when it became ready for review: each is a
payload of its own, for the processor that a delivery of it would have gone to. A further page of one of its
lists is a node with this list alone: it says nothing of the pull request itself.

Beside the names of fields these differ from REST (GitHub's documentation, "Objects" of the GraphQL API): ids
are strings (`fullDatabaseId`), states upper case, a bot's login lacks its `[bot]`, a merged pull request's
state is MERGED, and its test merge has a field of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from apps.metrics.processors import Unreadable
from apps.metrics.processors import payloads as delivered
from apps.metrics.processors.values import Count, FullName, GithubId, Kind, Number, ReviewState, Sha, bounded

from .decoding import decode as decode_json
from .rest import requested_repository
from .stored import StoredEvent

T = TypeVar("T")
Payload = tuple[str, Any]

LARGEST_ID = 2**63 - 1
BOT = "[bot]"


class Page(Struct, Generic[T], gc=False):
    """A list's page. An item that GitHub failed to read is null."""

    nodes: list[T | None] | None = None


class Counted(Struct, Generic[T], rename="camel", gc=False):
    total_count: Count | None | UnsetType = UNSET
    nodes: list[T | None] | None = None


class Actor(Struct, rename="camel", gc=False):
    typename: Kind | None | UnsetType = msgspec.field(default=UNSET, name="__typename")
    database_id: GithubId | None | UnsetType = UNSET
    login: str | None | UnsetType = UNSET


class Oid(Struct, gc=False):
    oid: Sha


class Label(Struct, gc=False):
    name: str | None = None


class Repository(Struct, rename="camel", gc=False):
    database_id: GithubId
    name_with_owner: FullName | UnsetType = UNSET
    is_private: bool | None | UnsetType = UNSET


class Review(Struct, rename="camel", gc=False):
    full_database_id: str | int
    state: ReviewState
    submitted_at: datetime | None | UnsetType = UNSET
    author: Actor | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        bounded(self.submitted_at)


class GitActor(Struct, gc=False):
    user: Actor | None | UnsetType = UNSET


class GitCommit(Struct, rename="camel", gc=False):
    oid: Sha
    message: str | None | UnsetType = UNSET
    # Git dates may be any text: `Signature` reads them.
    authored_date: str | None | UnsetType = UNSET
    committed_date: str | None | UnsetType = UNSET
    author: GitActor | None | UnsetType = UNSET
    parents: Page[Oid] | None | UnsetType = UNSET
    additions: Count | None | UnsetType = UNSET
    deletions: Count | None | UnsetType = UNSET


class Commit(Struct, gc=False):
    commit: GitCommit


class Moment(Struct, rename="camel", gc=False):
    """An item of the timeline: READY is the only one that is read."""

    typename: str | None = msgspec.field(default=None, name="__typename")
    created_at: datetime | None = None

    def __post_init__(self) -> None:
        bounded(self.created_at)


READY = "ReadyForReviewEvent"
ShaOrNull = Annotated[str, Meta(max_length=64)] | None | UnsetType


class Node(Struct, rename="camel", gc=False):
    """A pull request, or with no `updated_at` a further page of one of its lists."""

    full_database_id: str | int
    number: Number
    title: str | None | UnsetType = UNSET
    body: str | None | UnsetType = UNSET
    state: str | UnsetType = UNSET
    is_draft: bool | None | UnsetType = UNSET
    author: Actor | None | UnsetType = UNSET
    created_at: datetime | None | UnsetType = UNSET
    updated_at: datetime | None | UnsetType = UNSET
    closed_at: datetime | None | UnsetType = UNSET
    merged_at: datetime | None | UnsetType = UNSET
    merge_commit: Oid | None | UnsetType = UNSET
    potential_merge_commit: Oid | None | UnsetType = UNSET
    head_ref_name: str | None | UnsetType = UNSET
    head_ref_oid: ShaOrNull = UNSET
    head_repository: Repository | None | UnsetType = UNSET
    base_ref_name: str | None | UnsetType = UNSET
    base_ref_oid: ShaOrNull = UNSET
    base_repository: Repository | None | UnsetType = UNSET
    labels: Page[Label] | None | UnsetType = UNSET
    additions: Count | None | UnsetType = UNSET
    deletions: Count | None | UnsetType = UNSET
    changed_files: Count | None | UnsetType = UNSET
    reviews: Page[Review] | None | UnsetType = UNSET
    commits: Counted[Commit] | None | UnsetType = UNSET
    timeline_items: Page[Moment] | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        bounded(self.created_at, self.updated_at, self.closed_at, self.merged_at)


NODE = msgspec.json.Decoder(Node)


def decode(event: StoredEvent) -> Sequence[Payload]:
    if event.event_type != "pull_request":
        raise Unreadable("", f"GraphQL has no objects of type {event.event_type!r}")
    node = decode_json(NODE, event.json_bytes())
    return tuple(_payloads(node, requested_repository(event)))


def _payloads(node: Node, repository: delivered.Repository | UnsetType) -> Iterator[Payload]:
    pull_id = _id(node.full_database_id, "$.fullDatabaseId")
    if node.updated_at is not UNSET:
        found = _pull_request(node, pull_id)
        yield "pull_request", delivered.PullRequestDelivery(pull_request=found, repository=repository)
    for place, review in _items(node.reviews):
        payload = _review(review, f"$.reviews.nodes[{place}].fullDatabaseId")
        yield (
            "pull_request_review",
            delivered.PullRequestReviewDelivery(review=payload, repository=repository),
        )
    for _, commit in _items(node.commits):
        yield "commit", delivered.CommitDelivery(commit=_commit(commit.commit), repository=repository)
    for _, moment in _items(node.timeline_items):
        if moment.typename == READY and moment.created_at is not None:
            then = delivered.ReadyPullRequest(pull_id, node.number, updated_at=moment.created_at)
            yield "pull_request", delivered.PullRequestDelivery(then, "ready_for_review", repository)


def _pull_request(node: Node, pull_id: int) -> delivered.PullRequest:
    merged = node.state == "MERGED" and bool(node.merged_at)
    return delivered.PullRequest(
        pull_id,
        node.number,
        title=node.title,
        body=node.body,
        state="closed" if merged else _state(node.state),
        draft=node.is_draft,
        user=_actor(node.author),
        created_at=node.created_at,
        updated_at=node.updated_at,
        closed_at=node.closed_at,
        merged_at=node.merged_at,
        merge_commit_sha=_merge_commit(node),
        head=_branch(node.head_ref_name, node.head_ref_oid, node.head_repository),
        base=_branch(node.base_ref_name, node.base_ref_oid, node.base_repository),
        labels=_labels(node.labels),
        additions=node.additions,
        deletions=node.deletions,
        changed_files=node.changed_files,
        commits=node.commits.total_count if node.commits else UNSET,
    )


def _state(state: str | UnsetType) -> Any:
    if state is UNSET or state in ("OPEN", "CLOSED", "MERGED"):
        return state if state is UNSET else state.lower()
    raise Unreadable("$.state", f"Expected OPEN, CLOSED or MERGED, got {state!r}")


def _merge_commit(node: Node) -> str | None | UnsetType:
    """REST's `merge_commit_sha`: of the merge, and before it (or without it) of GitHub's test merge."""
    if node.merge_commit:
        return node.merge_commit.oid
    if node.merge_commit is UNSET or node.potential_merge_commit is UNSET:
        return UNSET
    return node.potential_merge_commit.oid if node.potential_merge_commit else None


def _branch(
    ref: str | None | UnsetType, sha: str | None | UnsetType, repository: Repository | None | UnsetType
) -> delivered.Branch | UnsetType:
    if ref is UNSET and sha is UNSET and repository is UNSET:
        return UNSET
    repo: Any = repository
    if repository:
        repo = delivered.Repository(repository.database_id, repository.name_with_owner, repository.is_private)
    return delivered.Branch(ref, sha, repo)


def _labels(page: Page[Label] | None | UnsetType) -> list[delivered.Label] | UnsetType:
    # Null is a list that GitHub failed to read; an empty one is one without items.
    if not page or page.nodes is None:
        return UNSET
    return [delivered.Label(label.name) for label in page.nodes if label is not None]


def _review(review: Review, path: str) -> delivered.Review:
    return delivered.Review(
        _id(review.full_database_id, path), review.state, _actor(review.author), review.submitted_at
    )


def _commit(found: GitCommit) -> delivered.Commit:
    author: Any = found.author
    if found.author:
        author = found.author.user
    return delivered.Commit(
        found.oid,
        delivered.GitCommit(
            found.message,
            delivered.Signature(found.authored_date),
            delivered.Signature(found.committed_date),
        ),
        _actor(author, kind="User"),
        [delivered.Parent(parent.oid) for _, parent in _items(found.parents)] if found.parents else UNSET,
        delivered.Stats(found.additions, found.deletions),
    )


def _actor(actor: Actor | None | UnsetType, kind: str | None = None) -> delivered.Actor | None | UnsetType:
    """`kind`: where it has one type only and doesn't say so."""
    if actor is None or actor is UNSET:
        return actor
    login, said = actor.login, actor.typename or kind
    if isinstance(login, str) and login.endswith(BOT):
        said = "Bot"
    elif said == "Bot" and isinstance(login, str):
        login += BOT
    return delivered.Actor(actor.database_id, login, UNSET if said is None else said)


def _items(page: Any) -> Iterator[tuple[int, Any]]:
    nodes = page.nodes if page else None
    return ((place, item) for place, item in enumerate(nodes or []) if item is not None)


def _id(value: str | int, path: str) -> int:
    if isinstance(value, str):
        if not (value.isascii() and value.isdecimal()) or len(value) > 19:
            raise Unreadable(path, f"Expected an id in digits, got {value[:40]!r}")
        value = int(value)
    if not 0 <= value <= LARGEST_ID:
        raise Unreadable(path, f"Expected an id of 64 bits, got {value}")
    return value

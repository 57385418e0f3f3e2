"""The delivery's shape, the only one that processors know: the fields that they read and nothing else.

UNSET is an absent key and never written; None is an explicit null. What the REST list and the
`pull_request` of a review delivery lack (GITHUB's `pull-request-simple`: additions, deletions,
changed_files, commits, merged) is UNSET.
"""

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from .values import (
    Count,
    FullName,
    GithubId,
    Kind,
    Number,
    PullRequestState,
    ReviewState,
    Sha,
    bounded,
    git_date,
)


class Actor(Struct, gc=False):
    """A user as GitHub embeds it; `{}` is seen as a commit's author, null is a deleted account's ghost."""

    id: GithubId | None | UnsetType = UNSET
    login: str | None | UnsetType = UNSET
    type: Kind | None | UnsetType = UNSET


class Repository(Struct, gc=False):
    id: GithubId
    full_name: FullName | UnsetType = UNSET
    private: bool | None | UnsetType = UNSET
    archived: bool | None | UnsetType = UNSET
    default_branch: str | None | UnsetType = UNSET


class RequestedRepository(Repository, gc=False):
    """As a request named it. A redirect answers a former name too, so whatever GitHub calls it wins."""


class Branch(Struct, gc=False):
    """`head` or `base`. `repo` is null where the fork was deleted."""

    ref: str | None | UnsetType = UNSET
    sha: Annotated[str, Meta(max_length=64)] | None | UnsetType = UNSET
    repo: Repository | None | UnsetType = UNSET


class Label(Struct, gc=False):
    name: str | None = None


class PullRequest(Struct, gc=False):
    id: GithubId
    number: Number
    title: str | None | UnsetType = UNSET
    body: str | None | UnsetType = UNSET
    state: PullRequestState | UnsetType = UNSET
    draft: bool | None | UnsetType = UNSET
    user: Actor | None | UnsetType = UNSET
    created_at: datetime | None | UnsetType = UNSET
    updated_at: datetime | None | UnsetType = UNSET
    closed_at: datetime | None | UnsetType = UNSET
    merged_at: datetime | None | UnsetType = UNSET
    merge_commit_sha: Annotated[str, Meta(max_length=64)] | None | UnsetType = UNSET
    head: Branch | None | UnsetType = UNSET
    base: Branch | None | UnsetType = UNSET
    labels: list[Label] | None | UnsetType = UNSET
    additions: Count | None | UnsetType = UNSET
    deletions: Count | None | UnsetType = UNSET
    changed_files: Count | None | UnsetType = UNSET
    commits: Count | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        bounded(self.created_at, self.updated_at, self.closed_at, self.merged_at)


class ReadyPullRequest(PullRequest, gc=False):
    """As the timeline tells of it: it became ready for review at `updated_at`, and nothing else is known."""


class Review(Struct, gc=False):
    """`submitted_at` is missing or null while PENDING."""

    id: GithubId
    state: ReviewState
    user: Actor | None | UnsetType = UNSET
    submitted_at: datetime | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        bounded(self.submitted_at)


class Signature(Struct, gc=False):
    """Who and when, as git has it. `date` takes any text, and is then a `datetime`, null or absent (see
    `git_date`).
    """

    date: Any = UNSET

    def __post_init__(self) -> None:
        self.date = git_date(self.date)


class GitCommit(Struct, gc=False):
    message: str | None | UnsetType = UNSET
    author: Signature | None | UnsetType = UNSET
    committer: Signature | None | UnsetType = UNSET


class Parent(Struct, gc=False):
    sha: Sha


class Stats(Struct, gc=False):
    additions: Count | None | UnsetType = UNSET
    deletions: Count | None | UnsetType = UNSET


class Commit(Struct, gc=False):
    """An item of `GET /repos/{o}/{r}/pulls/{n}/commits`; `stats` only where one commit was asked for."""

    sha: Sha
    commit: GitCommit | UnsetType = UNSET
    author: Actor | None | UnsetType = UNSET
    parents: list[Parent] | None | UnsetType = UNSET
    stats: Stats | None | UnsetType = UNSET


class PullRequestDelivery(Struct, gc=False):
    pull_request: PullRequest
    action: str | None = None
    repository: Repository | None | UnsetType = UNSET


class PullRequestReviewDelivery(Struct, gc=False):
    review: Review
    action: str | None = None
    pull_request: PullRequest | UnsetType = UNSET
    repository: Repository | None | UnsetType = UNSET


class CommitDelivery(Struct, gc=False):
    """Not a delivery of GitHub's: the wrapper that a fetched commit of a pull request is given."""

    commit: Commit
    repository: Repository | None | UnsetType = UNSET


class RepositoryDelivery(Struct, gc=False):
    repository: Repository
    action: str | None = None


class PingDelivery(Struct, gc=False):
    """An organisation's hook has no `repository`."""

    repository: Repository | None | UnsetType = UNSET

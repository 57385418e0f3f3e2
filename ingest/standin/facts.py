"""What the stand-in knows about users, repositories and pull requests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class User:
    id: int
    login: str
    name: str = ""
    kind: str = "User"
    association: str = "MEMBER"

    @property
    def email(self) -> str:
        return f"{self.id}+{self.login}@users.noreply.github.com"


# What github.com shows as the actor once an account is deleted. The `user` of a pull request, review or
# commit is then null, but the `sender` of a delivery never is.
GHOST = User(id=10137, login="ghost", name="Deleted user", association="NONE")


@dataclass(frozen=True, slots=True)
class Repository:
    id: int
    owner: User
    name: str
    created_at: datetime
    pushed_at: datetime
    private: bool = False
    is_fork: bool = False
    open_issues: int = 0
    description: str = ""
    language: str | None = "Python"
    archived: bool = False
    can_admin: bool = True  # whether the token's owner may administrate it

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    parent: str
    message: str
    name: str
    email: str
    # None: the e-mail belongs to no account. GitHub then answers null, now and then {}.
    author: User | None
    empty_author: bool
    authored_at: datetime
    committed_at: datetime
    additions: int
    deletions: int


@dataclass(frozen=True, slots=True)
class Review:
    id: int
    user: User | None
    state: str
    body: str
    commit: str
    submitted_at: datetime | None

    def dismissed(self) -> Review:
        return replace(self, state="DISMISSED")


@dataclass(slots=True)
class Pull:
    """A pull request at one moment of its life."""

    number: int
    id: int
    title: str
    body: str | None
    author: User | None
    draft: bool
    created_at: datetime
    updated_at: datetime
    head_ref: str
    head_owner: User | None
    head_repository: Repository | None
    base_sha: str
    base_ref: str = "main"
    state: str = "open"
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_sha: str | None = None
    labels: list[str] = field(default_factory=list)
    requested: list[User] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    comments: int = 0
    review_comments: int = 0

    @property
    def head_sha(self) -> str:
        return self.commits[-1].sha if self.commits else self.base_sha

    @property
    def additions(self) -> int:
        return sum(commit.additions for commit in self.commits)

    @property
    def deletions(self) -> int:
        return sum(commit.deletions for commit in self.commits)

    @property
    def changed_files(self) -> int:
        return max(1, len(self.commits) * 2 - 1)

    def copy(self) -> Pull:
        return replace(
            self,
            labels=list(self.labels),
            requested=list(self.requested),
            commits=list(self.commits),
            reviews=list(self.reviews),
        )

"""The stages of a pull request: coding, pickup, review, merge. Each with what it was reckoned from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.metrics.formulas.review_time import is_author, is_bot
from apps.metrics.models import Commit, PRReview, PullRequest


@dataclass(frozen=True)
class Point:
    """A moment in words, and the event that it is known from (None: no event tells it)."""

    what: str
    at: datetime
    event_id: int | None = None


DEFINITIONS = {
    "coding": "First commit to opened.",
    "pickup": (
        "From when it last became ready for review before the first review that counts, "
        "else from opened, to that review."
    ),
    "review": "The first review that counts to the last approval before the merge.",
    "merge": "The last approval to merged.",
}


@dataclass(frozen=True)
class Stage:
    """`missing` says in words why there is no number. `hours` is never negative."""

    name: str
    start: Point | None
    end: Point | None
    missing: str = ""

    @property
    def definition(self) -> str:
        return DEFINITIONS[self.name]

    @property
    def hours(self) -> float | None:
        if self.start is None or self.end is None:
            return None
        return max((self.end.at - self.start.at).total_seconds() / 3600, 0.0)

    @property
    def overlaps(self) -> bool:
        """It ended before it began, and counts as nothing."""
        return bool(self.start and self.end and self.end.at < self.start.at)


@dataclass(frozen=True)
class Slice:
    """Of a bar that is 100 wide."""

    name: str
    x: float
    width: float


def stages(
    pull: PullRequest, commits: Iterable[Commit], reviews: Sequence[PRReview], events: Events
) -> list[Stage]:
    """What each of them is, `DEFINITIONS` says."""
    opened = _point("opened", pull.pr_created_at, events.field("pr_created_at"))
    merged = _point("merged", pull.merged_at, events.field("merged_at"))
    first = _first_commit(commits, events)
    review = _first_review(pull, reviews, events)
    approval = _last_approval(pull, reviews, events)
    ready = opened
    if pull.ready_at and (review is None or pull.ready_at <= review.at):
        ready = _point("ready", pull.ready_at, events.field("ready_at"))
    over = "it was closed" if pull.state == PullRequest.State.CLOSED else ""
    return [
        Stage(
            "coding",
            first,
            opened,
            _lacking(
                (first, "not collected: no commit is stored"), (opened, "no event tells when it was opened")
            ),
        ),
        Stage(
            "pickup",
            ready,
            review,
            _lacking((ready, "no event tells when it was opened"), (review, over or "no review counts yet")),
        ),
        Stage(
            "review",
            review,
            approval,
            _lacking((review, "no review counts yet"), (approval, over or "nobody approved it yet")),
        ),
        Stage(
            "merge",
            approval,
            merged,
            _lacking((approval, "nobody approved it"), (merged, over or "it is not merged")),
        ),
    ]


def bar(found: Sequence[Stage]) -> list[Slice]:
    """The stages that have a number, beside each other by their share."""
    total = sum(stage.hours or 0.0 for stage in found)
    slices, x = [], 0.0
    for stage in found:
        width = 100 * (stage.hours or 0.0) / total if total else 0.0
        if width:
            slices.append(Slice(stage.name, round(x, 3), round(width, 3)))
        x += width
    return slices


class Events:
    """Which event told each moment: fields by name, reviews and commits by their ids at GitHub."""

    def __init__(
        self, fields: dict[str, int | None], reviews: dict[int, int | None], commits: dict[str, int | None]
    ) -> None:
        self._fields, self._reviews, self._commits = fields, reviews, commits

    def field(self, name: str) -> int | None:
        return self._fields.get(name)

    def review(self, review_id: int) -> int | None:
        return self._reviews.get(review_id)

    def commit(self, sha: str) -> int | None:
        return self._commits.get(sha)


def _lacking(*needed: tuple[Point | None, str]) -> str:
    return next((why for point, why in needed if point is None), "")


def _point(what: str, at: datetime | None, event_id: int | None) -> Point | None:
    return None if at is None else Point(what, at, event_id)


def _first_commit(commits: Iterable[Commit], events: Events) -> Point | None:
    # The author's date: a rebase makes the committer's date new.
    dated = [(at, c) for c in commits if (at := c.authored_at or c.committed_at)]
    if not dated:
        return None
    at, commit = min(dated, key=lambda one: (one[0], one[1].github_sha))
    return Point(f"commit {commit.github_sha[:7]}", at, events.commit(commit.github_sha))


def _counted(pull: PullRequest, reviews: Sequence[PRReview]) -> list[PRReview]:
    """As the formula of the review time counts them: not by the author, not by a bot."""
    row = vars(pull)
    return [r for r in reviews if r.submitted_at and not is_bot(vars(r)) and not is_author(row, vars(r))]


def _first_review(pull: PullRequest, reviews: Sequence[PRReview], events: Events) -> Point | None:
    counted = _counted(pull, reviews)
    if not counted:
        return None
    return _of_review("review", min(counted, key=lambda r: (r.submitted_at, r.github_review_id)), events)


def _last_approval(pull: PullRequest, reviews: Sequence[PRReview], events: Events) -> Point | None:
    """Before the merge. What was dismissed later was an approval then."""
    approvals = [
        r
        for r in _counted(pull, reviews)
        if (r.submitted_state or r.state) == PRReview.State.APPROVED
        and (pull.merged_at is None or (r.submitted_at and r.submitted_at <= pull.merged_at))
    ]
    if not approvals:
        return None
    return _of_review("approval", max(approvals, key=lambda r: (r.submitted_at, r.github_review_id)), events)


def _of_review(what: str, review: PRReview, events: Events) -> Point | None:
    who = str(review.reviewer) if review.reviewer else review.reviewer_login or "ghost"
    return _point(f"{what} by {who}", review.submitted_at, events.review(review.github_review_id))

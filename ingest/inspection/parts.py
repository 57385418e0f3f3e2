"""Why the reviews and commits of a pull request are what they are."""

from __future__ import annotations

from dataclasses import dataclass

from apps.metrics.models import PRReview, PullRequest, PullRequestCommit
from apps.metrics.projection.project import Projection
from apps.metrics.projection.text import storable

from .folded import FoldedStream
from .inputs import counting_review, review_role
from .why import Why, fact

REVIEW_FIELDS = ("state", "submitted_state", "submitted_at", "reviewer_login")


@dataclass(frozen=True)
class ReviewWhy:
    """A review that some event carries. `role` says in words whether it is the first that counts."""

    review_id: int
    role: str
    fields: list[Why]

    @property
    def differs(self) -> bool:
        return any(why.differs for why in self.fields)


@dataclass(frozen=True)
class CommitWhy:
    """A commit that some event carries. `stored_removed` is None where the table doesn't have it."""

    sha: str
    message: str
    removed: bool
    stored_removed: bool | None
    role: str
    event_ids: list[int]

    @property
    def differs(self) -> bool:
        return self.removed != self.stored_removed


def reviews_why(stream: FoldedStream, projection: Projection, row: PullRequest | None) -> list[ReviewWhy]:
    """By GitHub's id."""
    stored = {r.github_review_id: r for r in PRReview.objects.filter(pull_request=row)} if row else {}
    first = counting_review(projection.pull_request, projection.reviews) if projection.pull_request else None
    found = []
    for review_id, layers in sorted(stream.state.reviews.items()):
        won, review, kept = layers.resolve(), projection.reviews.get(review_id), stored.get(review_id)
        values = review or {name: each.value for name, each in won.items()}
        if review is not None and projection.pull_request is not None:
            role = review_role(projection.pull_request, review, first)
        elif values["state"] == "pending":
            role = "its author's draft: makes no row"
        else:
            role = "waits for its pull request: makes no row"
        fields = []
        for name in REVIEW_FIELDS:
            value = values.get(name)
            # Where no row is expected and none is there, nothing differs.
            has = value if review is None and kept is None else getattr(kept, name, None)
            fields.append(fact(name, value, has, layers, won, stream))
        found.append(ReviewWhy(review_id, role, fields))
    return found


def commits_why(stream: FoldedStream, projection: Projection) -> list[CommitWhy]:
    """In the order in which they were first stored."""
    team_id, repository_id, number = stream.key
    rows = PullRequestCommit.objects.filter(team_id=team_id, github_repo_id=repository_id, number=number)
    stored = dict(rows.values_list("sha", "removed"))
    row = projection.pull_request
    headless = row is not None and row["commits_incomplete"]
    found = []
    for sha, layers in stream.state.commits.items():
        link = projection.links[storable(sha)]
        message = layers.resolve().get("message")
        found.append(
            CommitWhy(
                sha=sha,
                message=(message.value or "").split("\n")[0] if message else "",
                removed=link.removed,
                stored_removed=stored.get(sha),
                role=_role(link.removed, headless),
                event_ids=sorted({layer.event_id for layer in layers if layer.event_id}),
            )
        )
    return found


def _role(removed: bool, headless: bool) -> str:
    if removed:
        return "removed: the newest head does not lead to it (force push)"
    return (
        "counts: the newest head is not held, so all do"
        if headless
        else "counts: the newest head leads to it"
    )

"""What the rows of one stream should be: a pure function of its folded state."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from apps.metrics.formulas import FORMULAS
from apps.metrics.formulas.review_time import first_review
from apps.metrics.processors import StreamState
from apps.metrics.processors.fold import Won

from . import commits
from .commits import Link
from .text import storable

StreamKey = tuple[int, int, int]

_TEXT = (
    "title",
    "author_login",
    "author_kind",
    "head_ref",
    "head_sha",
    "base_ref",
    "merge_commit_sha",
    "reverts",
)
_NULLABLE = (
    "draft",
    "author_github_id",
    "additions",
    "deletions",
    "changed_files",
    "commit_count",
)
_TIMES = ("pr_created_at", "pr_updated_at", "closed_at", "merged_at")


class Name(NamedTuple):
    """What a stream calls its repository, and how new that is."""

    instant: int
    digest: str
    full_name: str


@dataclass
class Projection:
    """The rows that one stream yields: facts and formulas; bindings are set by the writer.

    `pull_request` is None while no event carried the object; its reviews then wait in the log.
    """

    key: StreamKey
    pull_request: dict[str, Any] | None = None
    reviews: dict[int, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    name: Name | None = None
    repository: dict[str, Any] | None = None
    refused: str = ""

    def refuse(self, reason: str) -> None:
        """Yield no pull request after all; the stream is parked with the reason."""
        self.pull_request, self.reviews, self.refused = None, {}, reason


def project(state: StreamState) -> Projection:
    found = Projection((state.team_id, state.repository_id, state.number))
    won = state.pull_request.resolve()
    won_commits = {sha: layers.resolve() for sha, layers in state.commits.items()}
    head = (won["head_sha"].value or "") if "head_sha" in won else ""
    counting = commits.reachable(head, {sha: commits.parents_of(w) for sha, w in won_commits.items()})
    for sha, won_fields in won_commits.items():
        removed = bool(counting) and sha not in counting
        found.links[storable(sha)] = Link(commits.facts_of(won_fields), removed)
    found.name = _name(state)
    found.repository = {k: storable(w.value) for k, w in state.repository.resolve().items()} or None
    if won:
        row = _pull_request(won)
        row["commits_incomplete"] = not counting
        reviews = {
            review_id: row for review_id, row in map(_review, state.reviews.items()) if row is not None
        }
        first = first_review(row, list(reviews.values()))
        row["ready_at"] = ready_for(state.ready, first["submitted_at"] if first else None)
        for formula in FORMULAS:
            row |= formula.compute(row, list(reviews.values()))
        found.pull_request, found.reviews = row, reviews
    return found


def _pull_request(won: Mapping[str, Won]) -> dict[str, Any]:
    value = {name: w.value for name, w in won.items()}
    row: dict[str, Any] = {name: storable(value.get(name) or "") for name in _TEXT}
    row |= {name: value.get(name) for name in _NULLABLE}
    row |= {name: _utc(value.get(name)) for name in _TIMES}
    row["github_pr_id"] = value["github_pr_id"]
    row["labels"] = storable(value.get("labels") or [])
    row["state"] = state_of(value.get("state"), row["merged_at"])
    row["last_event_id"] = won["github_pr_id"].event_id
    return row


def state_of(state: str | None, merged_at: datetime | None) -> str:
    """Merged means `merged_at`: the list's items have no `merged`, and `merge_commit_sha` before is a test
    merge.
    """
    if merged_at is not None or state == "merged":
        return "merged"
    return "closed" if state == "closed" else "open"


def ready_for(moments: Collection[datetime], reviewed_at: datetime | None) -> datetime | None:
    """When it became ready for its first review that counts, else the newest time that it became ready.

    What was a draft again after that review was ready for it all the same.
    """
    before = [at for at in moments if reviewed_at is not None and at <= reviewed_at]
    return _utc(max(before or moments, default=None))


def _review(item: tuple[int, Any]) -> tuple[int, dict[str, Any] | None]:
    review_id, layers = item
    won = layers.resolve()
    if won["state"].value == "pending":
        return review_id, None
    value = {name: w.value for name, w in won.items()}
    return review_id, {
        "github_review_id": review_id,
        "state": value["state"],
        "submitted_state": value.get("submitted_state"),
        "submitted_at": _utc(value.get("submitted_at")),
        "reviewer_github_id": value.get("reviewer_github_id"),
        "reviewer_login": storable(value.get("reviewer_login") or ""),
        "reviewer_kind": storable(value.get("reviewer_kind") or ""),
        "last_event_id": won["state"].event_id,
    }


def _name(state: StreamState) -> Name | None:
    won = state.names.resolve().get("full_name")
    return Name(won.order.instant, won.order.digest, storable(won.value)) if won else None


def _utc(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value else None

"""What can happen to a pull request. Its state at any time is the fold of the moments until then.

One fold makes the REST answer (all moments) and each delivery (the moments up to it): they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .facts import GHOST, Pull, Review, User


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    action: str
    actor: User | None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def sender(self) -> User:
        return self.actor or GHOST

    @property
    def event(self) -> str | None:
        """The delivery's event type; None for what GitHub tells nobody."""
        if self.action == "pending":
            return None
        return "pull_request_review" if self.action in ("submitted", "dismissed") else "pull_request"


def apply(pull: Pull, moment: Moment) -> None:
    _APPLY[moment.action](pull, moment)
    if moment.event:  # starting a review that nobody sees does not touch the pull request
        pull.updated_at = moment.at


def review_in(pull: Pull, review_id: int) -> Review:
    return next(review for review in pull.reviews if review.id == review_id)


def _nothing(pull: Pull, moment: Moment) -> None:
    pass


def _synchronize(pull: Pull, moment: Moment) -> None:
    if moment.data.get("forced"):
        pull.commits.clear()
    pull.commits.extend(moment.data["commits"])
    pull.merge_sha = moment.data["merge_sha"]


def _edited(pull: Pull, moment: Moment) -> None:
    pull.title = moment.data["title"]


def _labeled(pull: Pull, moment: Moment) -> None:
    if moment.data["label"] not in pull.labels:
        pull.labels.append(moment.data["label"])


def _requested(pull: Pull, moment: Moment) -> None:
    if moment.data["reviewer"] not in pull.requested:
        pull.requested.append(moment.data["reviewer"])


def _ready(pull: Pull, moment: Moment) -> None:
    pull.draft = False


def _to_draft(pull: Pull, moment: Moment) -> None:
    pull.draft = True


def _review(pull: Pull, moment: Moment) -> None:
    review: Review = moment.data["review"]
    pull.reviews.append(review)
    if moment.event is None:
        return
    # A submitted review answers the request for it.
    pull.requested = [user for user in pull.requested if user != review.user]
    pull.review_comments += moment.data.get("remarks", 0)


def _dismissed(pull: Pull, moment: Moment) -> None:
    wanted = moment.data["review_id"]
    pull.reviews = [review.dismissed() if review.id == wanted else review for review in pull.reviews]


def _closed(pull: Pull, moment: Moment) -> None:
    pull.state = "closed"
    pull.closed_at = moment.at
    if moment.data["merged"]:
        pull.merged_at = moment.at
        pull.merged_by = moment.actor
        pull.merge_sha = moment.data["merge_sha"]


def _reopened(pull: Pull, moment: Moment) -> None:
    pull.state = "open"
    pull.closed_at = None


_APPLY: dict[str, Callable[[Pull, Moment], None]] = {
    "opened": _nothing,
    "synchronize": _synchronize,
    "edited": _edited,
    "labeled": _labeled,
    "review_requested": _requested,
    "ready_for_review": _ready,
    "converted_to_draft": _to_draft,
    "pending": _review,
    "submitted": _review,
    "dismissed": _dismissed,
    "closed": _closed,
    "reopened": _reopened,
}

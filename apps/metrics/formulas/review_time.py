from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .formula import Formula, Row
from .hours import hours_between


def compute(pull_request: Row, reviews: Sequence[Row]) -> dict[str, Any]:
    """Opened to the first review by someone else who is no bot. A dismissed review was one; a PENDING makes
    no row.
    """
    first = first_review(pull_request, reviews)
    at: datetime | None = first["submitted_at"] if first else None
    return {"first_review_at": at, "review_time_hours": hours_between(pull_request["pr_created_at"], at)}


def first_review(pull_request: Row, reviews: Sequence[Row]) -> Row | None:
    counted = [r for r in reviews if r["submitted_at"] and not is_bot(r) and not is_author(pull_request, r)]
    return min(counted, key=lambda r: (r["submitted_at"], r["github_review_id"]), default=None)


def is_bot(review: Row) -> bool:
    # No login of a person can hold a bracket; apps of Enterprise Server come without the type in old
    # recordings.
    return bool(review["reviewer_kind"] == "Bot" or review["reviewer_login"].endswith("[bot]"))


def is_author(pull_request: Row, review: Row) -> bool:
    """By id where both have one. Two ghosts may be one person, and count as one."""
    if pull_request["author_github_id"] is not None and review["reviewer_github_id"] is not None:
        return bool(pull_request["author_github_id"] == review["reviewer_github_id"])
    return bool(pull_request["author_login"] == review["reviewer_login"])


FORMULA = Formula("review_time", 1, ("first_review_at", "review_time_hours"), compute)

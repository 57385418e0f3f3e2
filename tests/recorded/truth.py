"""What is true of the recordings, as rows."""

from __future__ import annotations

from datetime import datetime

from tests.recorded.recordings import Json


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def hours(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds() / 3600, 2)


def first_review(pull: Json, reviews: list[Json]) -> datetime | None:
    author = (pull["user"] or {}).get("id")
    times = [
        moment(review["submitted_at"])
        for review in reviews
        if review.get("submitted_at") and review["state"].lower() != "pending"
        if (review["user"] or {}).get("id") != author and (review["user"] or {}).get("type") != "Bot"
    ]
    return min((time for time in times if time), default=None)


def truth(pull: Json, reviews: list[Json]) -> Json:
    created, merged = moment(pull["created_at"]), moment(pull["merged_at"])
    first = first_review(pull, reviews)
    return {
        "github_pr_id": pull["id"],
        "number": pull["number"],
        "title": pull["title"],
        "author_login": (pull["user"] or {}).get("login", ""),
        "state": "merged" if merged else pull["state"],
        "pr_created_at": created,
        "merged_at": merged,
        "closed_at": moment(pull["closed_at"]),
        "first_review_at": first,
        "cycle_time_hours": hours(created, merged),
        "review_time_hours": hours(created, first),
        "additions": pull.get("additions"),
        "deletions": pull.get("deletions"),
        "head_sha": pull["head"]["sha"],
    }


def true_reviews(number: int, reviews: list[Json]) -> list[Json]:
    return [
        {
            "github_review_id": review["id"],
            "pull_request__number": number,
            "state": review["state"].lower(),
            "submitted_at": moment(review["submitted_at"]),
            "reviewer_login": (review["user"] or {}).get("login", ""),
        }
        for review in reviews
        if review["state"].lower() != "pending"
    ]


def true_commits(number: int, commits: list[Json]) -> list[Json]:
    return [
        {
            "github_sha": commit["sha"],
            "pull_request__number": number,
            "message": commit["commit"]["message"],
            "committed_at": moment(commit["commit"]["committer"]["date"]),
            "author_login": (commit["author"] or {}).get("login", ""),
        }
        for commit in commits
    ]

"""A review: UPPER case state in REST, lower case in deliveries."""

from __future__ import annotations

from typing import Any

from ..facts import Pull, Repository, Review
from .addresses import API, WEB, instant, node_id
from .user import user


def review(item: Review, pull: Pull, repository: Repository) -> dict[str, Any]:
    web = f"{WEB}/{repository.full_name}/pull/{pull.number}#pullrequestreview-{item.id}"
    url = f"{API}/repos/{repository.full_name}/pulls/{pull.number}"
    shape: dict[str, Any] = {
        "id": item.id,
        "node_id": node_id("PRR", repository.id, item.id),
        "user": user(item.user),
        "body": item.body,
        "state": item.state,
        "html_url": web,
        "pull_request_url": url,
        "author_association": item.user.association if item.user else "NONE",
        "_links": {"html": {"href": web}, "pull_request": {"href": url}},
    }
    if item.submitted_at:  # a PENDING review lacks the key
        shape["submitted_at"] = instant(item.submitted_at)
    shape["commit_id"] = item.commit
    return shape


def in_delivery(item: Review, pull: Pull, repository: Repository) -> dict[str, Any]:
    return {
        **review(item, pull, repository),
        "state": item.state.lower(),
        "body": item.body or None,  # REST says "" for the same review
    }

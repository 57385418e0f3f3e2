"""The bodies of webhook deliveries: an object of the API in a wrapper that says what happened to it."""

from __future__ import annotations

from typing import Any

from ..facts import Pull, Repository, User
from ..moments import Moment, review_in
from . import pull_request, repository, review
from .addresses import API, instant
from .user import user


def pull_request_body(moment: Moment, before: Pull, pull: Pull, place: Repository) -> dict[str, Any]:
    return {
        "action": moment.action,
        "number": pull.number,
        "pull_request": {
            **pull_request.full(pull, place, repository.in_delivered_pull),
            "mergeable": None,  # GitHub starts to compute it when it sends the delivery
            "rebaseable": None,
            "mergeable_state": "unknown",
        },
        **_details(moment, before, pull, place),
        **_surroundings(place, moment.sender),
    }


def review_body(moment: Moment, pull: Pull, place: Repository) -> dict[str, Any]:
    review_id = moment.data["review_id"] if moment.action == "dismissed" else moment.data["review"].id
    return {
        "action": moment.action,
        "review": review.in_delivery(review_in(pull, review_id), pull, place),
        "pull_request": pull_request.simple(pull, place, repository.in_delivered_pull),
        **_surroundings(place, moment.sender),
    }


def renamed_body(former: str, place: Repository, sender: User) -> dict[str, Any]:
    return {
        "action": "renamed",
        "changes": {"repository": {"name": {"from": former}}},
        **_surroundings(place, sender),
    }


def ping_body(hook_id: int, hook_url: str, place: Repository, sender: User) -> dict[str, Any]:
    url = f"{API}/repos/{place.full_name}/hooks/{hook_id}"
    return {
        "zen": "Anything added dilutes everything else.",
        "hook_id": hook_id,
        "hook": {
            "type": "Repository",
            "id": hook_id,
            "name": "web",
            "active": True,
            "events": ["pull_request", "pull_request_review", "repository"],
            "config": {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": hook_url},
            "updated_at": instant(place.pushed_at),
            "created_at": instant(place.pushed_at),
            "url": url,
            "test_url": f"{url}/test",
            "ping_url": f"{url}/pings",
            "deliveries_url": f"{url}/deliveries",
            "last_response": {"code": None, "status": "unused", "message": None},
        },
        **_surroundings(place, sender),
    }


def _details(moment: Moment, before: Pull, pull: Pull, place: Repository) -> dict[str, Any]:
    match moment.action:
        case "synchronize":
            return {"before": before.head_sha, "after": pull.head_sha}
        case "edited":
            return {"changes": {"title": {"from": before.title}}}
        case "labeled":
            return {"label": pull_request.label(moment.data["label"], place)}
        case "review_requested":
            return {"requested_reviewer": user(moment.data["reviewer"])}
        case _:
            return {}


def _surroundings(place: Repository, sender: User) -> dict[str, Any]:
    return {
        "repository": repository.in_delivery(place),
        "organization": repository.owner_of(place),
        "sender": user(sender),
    }

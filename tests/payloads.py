"""Small made-up payloads in GitHub's shapes, and the events that bring them.

The object builders (`user`, `repository`, `pull_request`, `review`, `commit`) take GitHub's keys as changes;
a key set to `ABSENT` is left out. `delivery` wraps an object as a webhook does, `simple` cuts a pull request
down to a list item's shape. `delivered` and `fetched` make of either what `ingest.log.append` takes.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.log.facts import NewEvent, Request

Json = dict[str, Any]

ABSENT: Any = object()
# The beginning of all made-up history; `moment(hours=3)` is three hours later.
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REPOSITORY_ID = 4_000_000_001
REPOSITORY = "acme/shop"
# What only the detail and `pull_request` deliveries have.
DETAIL_ONLY = ("merged", "merged_by", "additions", "deletions", "changed_files", "commits", "mergeable")


def moment(**after_start: float) -> datetime:
    return START + timedelta(**after_start)


def stamp(time: datetime) -> str:
    """As GitHub writes it, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def number_of(text: str) -> int:
    """An id above 2^31 that is always the same for the same text."""
    return 3_000_000_000 + int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def sha_of(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def user(login: str = "alice", **changes: Any) -> Json:
    kind = "Bot" if login.endswith("[bot]") else "User"
    return _changed({"login": login, "id": number_of(login), "type": kind}, changes)


def repository(full_name: str = REPOSITORY, **changes: Any) -> Json:
    found = {
        "id": REPOSITORY_ID,
        "name": full_name.rpartition("/")[2],
        "full_name": full_name,
        "private": True,
        "archived": False,
        "default_branch": "main",
    }
    return _changed(found, changes)


def pull_request(number: int = 7, **changes: Any) -> Json:
    """The full shape. `updated_at` is `created_at` unless given; `head`, `base`: what differs, or None."""
    repo = changes.pop("repo", None) or repository()
    ends = {
        "head": {"ref": f"topic-{number}", "sha": sha_of(f"head {number}"), "repo": repo},
        "base": {"ref": "main", "sha": sha_of("main"), "repo": repo},
    }
    for end in ends.keys() & changes.keys():
        if isinstance(changes[end], dict):
            ends[end] |= changes.pop(end)
    created = changes.get("created_at", stamp(START))
    found = {
        "id": number_of(f"{repo['id']}#{number}"),
        "number": number,
        "title": f"Change {number}",
        "body": None,
        "state": "open",
        "draft": False,
        "user": user(),
        "labels": [],
        "created_at": created,
        "updated_at": created,
        "closed_at": None,
        "merged_at": None,
        "merge_commit_sha": None,
        **ends,
        "merged": False,
        "merged_by": None,
        "mergeable": None,
        "additions": 10,
        "deletions": 2,
        "changed_files": 3,
        "commits": 1,
    }
    return _changed(found, changes)


def merged(number: int = 7, at: datetime | None = None, **changes: Any) -> Json:
    when = stamp(at or moment(hours=24))
    closed = {"state": "closed", "merged": True, "merged_at": when, "closed_at": when, "updated_at": when}
    return pull_request(number, **(closed | changes))


def simple(found: Json) -> Json:
    """The shape of a list's item, and of the pull request inside a review's delivery."""
    return {key: value for key, value in found.items() if key not in DETAIL_ONLY}


def review(review_id: int = 9_000_000_001, state: str = "approved", **changes: Any) -> Json:
    found = {
        "id": review_id,
        "user": user("bob"),
        "body": "",
        "state": state,
        "commit_id": sha_of("head 7"),
        "submitted_at": stamp(moment(hours=2)),
    }
    return _changed(found, changes)


def commit(name: str = "head 7", parents: tuple[str, ...] = (), **changes: Any) -> Json:
    """An item of a pull request's list of commits. `name` and `parents` are any texts, hashed to shas."""
    signed = {"name": "Alice", "email": "alice@example.com", "date": stamp(START)}
    found = {
        "sha": sha_of(name),
        "commit": {"message": f"Do {name}", "author": signed, "committer": signed},
        "author": user(),
        "parents": [{"sha": sha_of(parent)} for parent in parents],
    }
    return _changed(found, changes)


def delivery(found: Json, action: str = "edited", **changes: Any) -> Json:
    """The payload of a delivery about a pull request, or (with `pull_request=` given) about a review."""
    inner = changes.get("pull_request") or found
    repo = (inner.get("base") or {}).get("repo") or repository()
    about = "review" if "submitted_at" in found or "commit_id" in found else "pull_request"
    payload = {"action": action, about: found, "repository": repo, "sender": user()}
    return _changed(payload, changes)


def review_delivery(found: Json, of: Json | None = None, action: str = "submitted", **changes: Any) -> Json:
    return delivery(found, action, pull_request=simple(of or pull_request()), **changes)


def repository_delivery(action: str = "renamed", repo: Json | None = None, **changes: Any) -> Json:
    return _changed({"action": action, "repository": repo or repository(), "sender": user()}, changes)


def delivery_id(at: datetime = START, node: str = "") -> str:
    """A version 1 UUID of this time, as GitHub's delivery ids are; `node` tells two of one time apart."""
    ticks = int((at - datetime(1582, 10, 15, tzinfo=UTC)) / timedelta(microseconds=1)) * 10
    low, middle, high = ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0x0FFF | 0x1000
    return str(uuid.UUID(fields=(low, middle, high, 0x80, 0, number_of(node))))


def as_bytes(payload: Any) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


def delivered(payload: Any, at: datetime | None = START, event_type: str = "", **facts: Any) -> NewEvent:
    """A delivery whose id tells the time `at` (None: an id without one). Bytes are taken as they stand."""
    body = payload if isinstance(payload, bytes) else as_bytes(payload)
    if not event_type:
        about = next(key for key in ("review", "pull_request", "repository") if key in payload)
        event_type = "pull_request_review" if about == "review" else about
    mark = hashlib.sha1(event_type.encode() + body).hexdigest()
    known: Json = {
        "source": "webhook",
        "action": payload.get("action", "") if isinstance(payload, dict) else "",
        "delivery_id": delivery_id(at, mark) if at else f"told-{mark}",
        "headers": {"Content-Type": "application/json", "X-GitHub-Event": event_type},
        "received_at": at or START,
    }
    return NewEvent(event_type=event_type, body=body, **(known | facts))


def fetched(found: Any, at: datetime | None = START, event_type: str = "", **facts: Any) -> NewEvent:
    """An item of a REST answer given at `at`; its request named the repository and number 7."""
    body = found if isinstance(found, bytes) else as_bytes(found)
    if not event_type:
        event_type = (
            "commit" if "sha" in found else "pull_request" if "number" in found else "pull_request_review"
        )
    known: Json = {
        "source": "rest",
        "endpoint": {"pull_request": "pull", "pull_request_review": "reviews"}.get(event_type, "commits"),
        "repository_id": REPOSITORY_ID,
        "repository": REPOSITORY,
        "number": found.get("number", 7) if isinstance(found, dict) else 7,
        "received_at": at,
    }
    known["request"] = Request(url=f"/repos/{REPOSITORY}/pulls", status=200, answered_at=at)
    return NewEvent(event_type=event_type, body=body, **(known | facts))


def _changed(found: Json, changes: Json) -> Json:
    return {key: value for key, value in (found | changes).items() if value is not ABSENT}

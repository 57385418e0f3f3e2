"""Small made-up pull request nodes of GraphQL answers, of the same pull requests as in `tests.payloads`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ingest.log.facts import NewEvent

from .payloads import ABSENT, REPOSITORY, REPOSITORY_ID, START, fetched, moment, number_of, sha_of, stamp

Json = dict[str, Any]


def page(*nodes: Any, more: str | None = None) -> Json:
    info = {"hasNextPage": more is not None, "endCursor": more}
    return {"totalCount": len(nodes), "pageInfo": info, "nodes": list(nodes)}


def user_node(login: str = "alice", **changes: Any) -> Json:
    return {"__typename": "User", "login": login, "databaseId": number_of(login)} | changes


def bot(login: str) -> Json:
    return user_node(login, __typename="Bot", databaseId=number_of(f"{login.removesuffix('[bot]')}[bot]"))


def node(number: int = 7, **changes: Any) -> Json:
    repository = {"databaseId": REPOSITORY_ID, "nameWithOwner": REPOSITORY, "isPrivate": True}
    found = {
        "fullDatabaseId": str(number_of(f"{REPOSITORY_ID}#{number}")),
        "number": number,
        "title": f"Change {number}",
        "body": "",
        "state": "OPEN",
        "isDraft": False,
        "createdAt": stamp(START),
        "updatedAt": stamp(START),
        "closedAt": None,
        "mergedAt": None,
        "mergeCommit": None,
        "potentialMergeCommit": None,
        "headRefName": f"topic-{number}",
        "headRefOid": sha_of(f"head {number}"),
        "headRepository": repository,
        "baseRefName": "main",
        "baseRefOid": sha_of("main"),
        "baseRepository": repository,
        "author": user_node(),
        "labels": page(),
        "additions": 10,
        "deletions": 2,
        "changedFiles": 3,
        "reviews": page(),
        "commits": {"totalCount": 1, "nodes": []},
        "timelineItems": page(),
    }
    return {key: value for key, value in (found | changes).items() if value is not ABSENT}


def review_node(review_id: int = 9_000_000_001, state: str = "APPROVED", **changes: Any) -> Json:
    found = {
        "fullDatabaseId": str(review_id),
        "state": state,
        "submittedAt": stamp(moment(hours=2)),
        "author": user_node("bob"),
    }
    return found | changes


def commit_node(name: str, user: Any = ABSENT, **changes: Any) -> Json:
    found = {
        "oid": sha_of(name),
        "message": f"Do {name}",
        "authoredDate": stamp(START),
        "committedDate": stamp(START),
        "author": {"user": {"login": "alice", "databaseId": number_of("alice")} if user is ABSENT else user},
        "parents": {"nodes": []},
        "additions": 4,
        "deletions": 1,
    }
    return {"commit": found | changes}


def ready(at: datetime | None = None) -> Json:
    return {"__typename": "ReadyForReviewEvent", "createdAt": stamp(at or moment(hours=1))}


def fetched_node(found: Any, at: datetime | None = START, **facts: Any) -> NewEvent:
    """A pull request node of an answer given at `at`."""
    known = {"source": "graphql", "event_type": "pull_request", "endpoint": "pulls"}
    return fetched(found, at, **(known | facts))

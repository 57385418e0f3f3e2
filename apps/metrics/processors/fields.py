"""Which field of a row is read from where in an object."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import Any

from msgspec import UNSET

from . import payloads
from .fold import Fields, or_null, within

# GitHub's revert button writes "Reverts owner/repository#12" into the body. Blanks of one line: with line
# breaks a body of 65,000 empty lines took 20 seconds.
REVERTS = re.compile(r"^[^\S\n]*reverts[^\S\n]+([\w.-]+/[\w.-]+#\d+)", re.IGNORECASE | re.MULTILINE)


def _state(found: payloads.PullRequest) -> Any:
    return UNSET if found.state is UNSET else found.state.lower()


def _labels(found: payloads.PullRequest) -> Any:
    if found.labels is UNSET:
        return UNSET
    return [label.name for label in found.labels or [] if label.name is not None]


def _reverts(found: payloads.PullRequest) -> Any:
    if found.body is UNSET:
        return UNSET
    match = REVERTS.search(found.body or "")
    return match.group(1) if match else ""


def _parents(found: payloads.Commit) -> Any:
    return UNSET if found.parents is UNSET else [parent.sha for parent in found.parents or []]


def review_step(found: payloads.Review) -> int:
    """How far a review has come. It only moves forward: a dismissal rewrites it in place and is final."""
    return {"pending": 0, "dismissed": 2}.get(found.state.lower(), 1)


def _submitted_state(found: payloads.Review) -> Any:
    return found.state.lower() if review_step(found) == 1 else UNSET


def _actor(prefix: str, read: Any) -> dict[str, Any]:
    """An actor is one thing, the newest event's, whole: a login never outlives the id beside it."""

    def part(name: str) -> Any:
        inner = or_null(attrgetter(name))

        def get(found: Any) -> Any:
            actor = read(found)
            return actor if actor is UNSET or actor is None else inner(actor)

        return get

    return {
        f"{prefix}_github_id": part("id"),
        f"{prefix}_login": part("login"),
        f"{prefix}_kind": part("type"),
    }


_user = attrgetter("user")
_head = attrgetter("head")
_commit = attrgetter("commit")

PULL_REQUEST: Fields = {
    "github_pr_id": attrgetter("id"),
    "title": attrgetter("title"),
    "state": _state,
    "draft": attrgetter("draft"),
    "pr_created_at": attrgetter("created_at"),
    "pr_updated_at": attrgetter("updated_at"),
    "closed_at": attrgetter("closed_at"),
    "merged_at": attrgetter("merged_at"),
    **_actor("author", _user),
    "head_ref": within(_head, "ref"),
    "head_sha": within(_head, "sha"),
    "base_ref": within(attrgetter("base"), "ref"),
    "merge_commit_sha": attrgetter("merge_commit_sha"),
    "labels": _labels,
    "reverts": _reverts,
    "additions": attrgetter("additions"),
    "deletions": attrgetter("deletions"),
    "changed_files": attrgetter("changed_files"),
    "commit_count": attrgetter("commits"),
}

REVIEW: Fields = {
    "state": lambda found: found.state.lower(),
    "submitted_state": _submitted_state,
    "submitted_at": attrgetter("submitted_at"),
    **_actor("reviewer", _user),
}

COMMIT: Fields = {
    "message": within(_commit, "message"),
    "authored_at": within(within(_commit, "author"), "date"),
    "committed_at": within(within(_commit, "committer"), "date"),
    **_actor("author", attrgetter("author")),
    "parents": _parents,
    "additions": within(attrgetter("stats"), "additions"),
    "deletions": within(attrgetter("stats"), "deletions"),
}

REPOSITORY_NAME: Fields = {"full_name": attrgetter("full_name")}

REPOSITORY: Fields = {
    "private": lambda pair: pair[0].private,
    "archived": lambda pair: pair[0].archived,
    "default_branch": lambda pair: pair[0].default_branch,
    "deleted": lambda pair: pair[1] == "deleted",
}

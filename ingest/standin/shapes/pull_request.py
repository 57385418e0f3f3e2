"""A pull request: simple in lists and in review deliveries, full alone and in its own deliveries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..facts import Pull, Repository
from ..words import COLOURS, DESCRIPTIONS
from .addresses import API, WEB, instant, node_id
from .repository import repository as repository_shape
from .user import user

RepositoryShape = Callable[[Repository], dict[str, Any]]


def simple(pull: Pull, repository: Repository, shape: RepositoryShape = repository_shape) -> dict[str, Any]:
    """Without what only the detail knows: merged, additions, deletions, changed_files, commits, comments."""
    url = f"{API}/repos/{repository.full_name}/pulls/{pull.number}"
    issue = f"{API}/repos/{repository.full_name}/issues/{pull.number}"
    web = f"{WEB}/{repository.full_name}/pull/{pull.number}"
    statuses = f"{API}/repos/{repository.full_name}/statuses/{pull.head_sha}"
    review_comment = f"{API}/repos/{repository.full_name}/pulls/comments{{/number}}"
    return {
        "url": url,
        "id": pull.id,
        "node_id": node_id("PR", repository.id, pull.id),
        "html_url": web,
        "diff_url": f"{web}.diff",
        "patch_url": f"{web}.patch",
        "issue_url": issue,
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "user": user(pull.author),
        "body": pull.body,
        "created_at": instant(pull.created_at),
        "updated_at": instant(pull.updated_at),
        "closed_at": instant(pull.closed_at),
        "merged_at": instant(pull.merged_at),
        "merge_commit_sha": pull.merge_sha,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [user(reviewer) for reviewer in pull.requested],
        "requested_teams": [],
        "labels": [label(name, repository) for name in pull.labels],
        "milestone": None,
        "draft": pull.draft,
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": review_comment,
        "comments_url": f"{issue}/comments",
        "statuses_url": statuses,
        "head": _head(pull, repository, shape),
        "base": {
            "label": f"{repository.owner.login}:{pull.base_ref}",
            "ref": pull.base_ref,
            "sha": pull.base_sha,
            "user": user(repository.owner),
            "repo": shape(repository),
        },
        "_links": {
            "self": {"href": url},
            "html": {"href": web},
            "issue": {"href": issue},
            "comments": {"href": f"{issue}/comments"},
            "review_comments": {"href": f"{url}/comments"},
            "review_comment": {"href": review_comment},
            "commits": {"href": f"{url}/commits"},
            "statuses": {"href": statuses},
        },
        "author_association": pull.author.association if pull.author else "NONE",
        "auto_merge": None,
        "active_lock_reason": None,
    }


def full(pull: Pull, repository: Repository, shape: RepositoryShape = repository_shape) -> dict[str, Any]:
    is_open = pull.state == "open"
    return {
        **simple(pull, repository, shape),
        "merged": pull.merged_at is not None,
        # null while GitHub computes it, and again once the pull request is closed.
        "mergeable": True if is_open and not pull.draft else None,
        "rebaseable": True if is_open and not pull.draft else None,
        "mergeable_state": "clean" if is_open and not pull.draft else "unknown",
        "merged_by": user(pull.merged_by),
        "comments": pull.comments,
        "review_comments": pull.review_comments,
        "maintainer_can_modify": False,
        "commits": len(pull.commits),
        "additions": pull.additions,
        "deletions": pull.deletions,
        "changed_files": pull.changed_files,
    }


def label(name: str, repository: Repository) -> dict[str, Any]:
    label_id = 1_500_000_000 + sum(ord(letter) * 31**place for place, letter in enumerate(name[:5]))
    return {
        "id": label_id,
        "node_id": node_id("LA", repository.id, label_id),
        "url": f"{API}/repos/{repository.full_name}/labels/{name}",
        "name": name,
        "color": COLOURS.get(name, "ededed"),
        "default": name in ("bug", "documentation", "enhancement"),
        "description": DESCRIPTIONS.get(name, ""),
    }


def _head(pull: Pull, repository: Repository, shape: RepositoryShape) -> dict[str, Any]:
    source = pull.head_repository
    if source is not None and not source.is_fork:
        source = repository  # under its present name
    owner = pull.head_owner.login if pull.head_owner else "unknown"
    return {
        "label": f"{owner}:{pull.head_ref}",
        "ref": pull.head_ref,
        "sha": pull.head_sha,
        "user": user(pull.head_owner),
        "repo": shape(source) if source else None,
    }

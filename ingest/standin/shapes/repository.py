"""A repository: inside pull requests, alone (with settings), and inside deliveries."""

from __future__ import annotations

from typing import Any

from ..facts import Repository
from .addresses import API, WEB, instant, node_id
from .user import organization_simple, user

_ADDRESSES = {
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}

_LICENSE = {
    "key": "apache-2.0",
    "name": "Apache License 2.0",
    "spdx_id": "Apache-2.0",
    "url": f"{API}/licenses/apache-2.0",
    "node_id": "MDc6TGljZW5zZTI=",
}

_MERGE_SETTINGS = {
    "allow_squash_merge": True,
    "allow_merge_commit": True,
    "allow_rebase_merge": True,
    "allow_auto_merge": False,
    "delete_branch_on_merge": True,
    "allow_update_branch": False,
    "use_squash_pr_title_as_default": False,
    "squash_merge_commit_message": "COMMIT_MESSAGES",
    "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
    "merge_commit_message": "PR_TITLE",
    "merge_commit_title": "MERGE_MESSAGE",
}


def repository(repository: Repository) -> dict[str, Any]:
    name = repository.full_name
    url = f"{API}/repos/{name}"
    shape = {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": name,
        "private": repository.private,
        "owner": user(repository.owner),
        "html_url": f"{WEB}/{name}",
        "description": repository.description,
        "fork": repository.is_fork,
        "url": url,
    }
    shape.update((key, url + suffix) for key, suffix in _ADDRESSES.items())
    shape.update(
        {
            "created_at": instant(repository.created_at),
            "updated_at": instant(repository.pushed_at),
            "pushed_at": instant(repository.pushed_at),
            "git_url": f"git://github.com/{name}.git",
            "ssh_url": f"git@github.com:{name}.git",
            "clone_url": f"{WEB}/{name}.git",
            "svn_url": f"{WEB}/{name}",
            "homepage": None,
            "size": 18244,
            "stargazers_count": 57,
            "watchers_count": 57,
            "language": repository.language,
            "has_issues": True,
            "has_projects": True,
            "has_downloads": True,
            "has_wiki": False,
            "has_pages": False,
            "has_discussions": False,
            "forks_count": 6,
            "mirror_url": None,
            "archived": repository.archived,
            "disabled": False,
            "open_issues_count": repository.open_issues,
            "license": _LICENSE,
            "allow_forking": True,
            "is_template": False,
            "web_commit_signoff_required": False,
            "topics": ["launch", "telemetry"],
            "visibility": "private" if repository.private else "public",
            "forks": 6,
            "open_issues": repository.open_issues,
            "watchers": 57,
            "default_branch": "main",
        }
    )
    return shape


def in_list(item: Repository) -> dict[str, Any]:
    """An item of `GET /orgs/{org}/repos`: with what the token may do there."""
    return {**repository(item), "permissions": {**_PERMISSIONS, "admin": item.can_admin}}


def alone(item: Repository) -> dict[str, Any]:
    """`GET /repos/{owner}/{repo}`: with settings, and what the token may do there."""
    return {
        **in_list(item),
        "temp_clone_token": None,
        **_MERGE_SETTINGS,
        "organization": user(item.owner),
        "custom_properties": {},
        "network_count": 6,
        "subscribers_count": 14,
    }


def in_delivery(item: Repository) -> dict[str, Any]:
    return {**repository(item), "custom_properties": {}}


def in_delivered_pull(item: Repository) -> dict[str, Any]:
    return {**repository(item), **_MERGE_SETTINGS}


def owner_of(item: Repository) -> dict[str, Any]:
    return organization_simple(item.owner)


_PERMISSIONS = {"admin": True, "maintain": True, "push": True, "triage": True, "pull": True}

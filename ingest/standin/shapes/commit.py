"""A commit in the list of a pull request: without `stats` and `files`, which only its detail has."""

from __future__ import annotations

from typing import Any

from .. import chance
from ..facts import Commit, Repository
from .addresses import API, WEB, instant, node_id
from .user import user


def commit(item: Commit, repository: Repository) -> dict[str, Any]:
    url = f"{API}/repos/{repository.full_name}"
    web = f"{WEB}/{repository.full_name}/commit"
    tree = chance.sha("tree", item.sha)
    return {
        "sha": item.sha,
        "node_id": node_id("C", repository.id, item.sha),
        "commit": {
            "author": {"name": item.name, "email": item.email, "date": instant(item.authored_at)},
            "committer": {"name": item.name, "email": item.email, "date": instant(item.committed_at)},
            "message": item.message,
            "tree": {"sha": tree, "url": f"{url}/git/trees/{tree}"},
            "url": f"{url}/git/commits/{item.sha}",
            "comment_count": 0,
            "verification": {
                "verified": False,
                "reason": "unsigned",
                "signature": None,
                "payload": None,
                "verified_at": None,
            },
        },
        "url": f"{url}/commits/{item.sha}",
        "html_url": f"{web}/{item.sha}",
        "comments_url": f"{url}/commits/{item.sha}/comments",
        "author": {} if item.empty_author else user(item.author),
        "committer": {} if item.empty_author else user(item.author),
        "parents": [
            {"sha": item.parent, "url": f"{url}/commits/{item.parent}", "html_url": f"{web}/{item.parent}"}
        ],
    }

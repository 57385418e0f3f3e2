"""The pull requests that hold a commit, by its sha or the beginning of it.

GraphQL tells commits inside their pull request, so that the log has no event of each.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.metrics.models import PullRequestCommit, Repository
from apps.sql import begins_with
from apps.teams.models import Team

MOST = 20


@dataclass(frozen=True)
class Held:
    """A commit in a pull request. `removed`: a force push took it away."""

    sha: str
    repository_id: int
    repository: str
    number: int
    removed: bool


@dataclass(frozen=True)
class Holding:
    """`more`: there are others than these `MOST`."""

    commits: list[Held]
    more: bool


def holding(team: Team, sha: str) -> Holding:
    """What the tables know, so without what is pending. `sha`: in lower case."""
    found = PullRequestCommit.for_team(team).filter(begins_with("sha", sha))
    links = list(found.order_by("sha", "github_repo_id", "number")[: MOST + 1])
    named = Repository.for_team(team).filter(github_repo_id__in={link.github_repo_id for link in links})
    names = dict(named.values_list("github_repo_id", "full_name"))
    commits = [
        Held(
            link.sha,
            link.github_repo_id,
            names.get(link.github_repo_id, str(link.github_repo_id)),
            link.number,
            link.removed,
        )
        for link in links[:MOST]
    ]
    return Holding(commits, len(links) > MOST)

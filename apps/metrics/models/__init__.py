"""The projection: what the processors make of the log."""

from .commit import Commit, PullRequestCommit
from .pull_request import PullRequest
from .repository import Repository
from .review import PRReview
from .team_member import TeamMember

__all__ = ["Commit", "PRReview", "PullRequest", "PullRequestCommit", "Repository", "TeamMember"]

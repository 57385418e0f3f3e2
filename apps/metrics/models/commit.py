from django.db import models

from apps.teams.models import BaseTeamModel, TeamScoped

from .pull_request import PullRequest
from .team_member import TeamMember


class Commit(BaseTeamModel):
    """A commit, made from what every stream that holds it knows of it (`PullRequestCommit`)."""

    github_sha = models.CharField(max_length=64)
    github_repo_id = models.BigIntegerField(null=True, blank=True)
    github_repo = models.TextField(blank=True)
    # The lowest (repository id, number) among the pull requests that reach it, never the first to arrive.
    number = models.PositiveIntegerField(null=True, blank=True)
    pull_request = models.ForeignKey(
        PullRequest, on_delete=models.SET_NULL, null=True, blank=True, related_name="commits"
    )
    author = models.ForeignKey(
        TeamMember, on_delete=models.SET_NULL, null=True, blank=True, related_name="commits"
    )
    author_github_id = models.BigIntegerField(null=True, blank=True)
    author_login = models.TextField(blank=True)
    author_kind = models.CharField(max_length=40, blank=True)
    message = models.TextField(blank=True)
    authored_at = models.DateTimeField(null=True, blank=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    additions = models.PositiveIntegerField(null=True, blank=True)
    deletions = models.PositiveIntegerField(null=True, blank=True)
    # False for a row that no event made.
    from_events = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "github_sha"], name="unique_team_commit")]
        indexes = [
            models.Index(fields=["team", "author_github_id"], name="metrics_commit_author"),
            # A repository's new name is given to its commits.
            models.Index(fields=["team", "github_repo_id"], name="metrics_commit_repository"),
        ]

    def __str__(self) -> str:
        return self.github_sha[:12]


class PullRequestCommit(TeamScoped):
    """One stream's own knowledge of a commit: the link between a pull request and a sha.

    `facts` is compact JSON `[[instant, digest, {field: value}], ...]`, newest first: the fields by the event
    that gave them, with its place in the order, so that the Commit row can be made from all links by the
    greatest of each field.
    """

    github_repo_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    sha = models.CharField(max_length=64)
    facts = models.TextField()
    # No longer reachable from the newest known head: a force push took it away.
    removed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "github_repo_id", "number", "sha"], name="unique_team_pr_commit"
            )
        ]
        indexes = [
            # On PostgreSQL also by the beginning of a sha, whatever the database's locale is.
            models.Index(
                fields=["team", "sha"],
                opclasses=["int8_ops", "varchar_pattern_ops"],
                name="metrics_link_sha",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sha[:12]} in #{self.number}"

"""The projection, to look at: a replay would undo what is changed by hand."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from apps.teams.looking import LookOnly, by_id
from apps.teams.models import Team

from .models import Commit, PRReview, PullRequest, PullRequestCommit, Repository, TeamMember


def _of_all_teams(rows: QuerySet[Any], **given: Any) -> QuerySet[Any]:
    """The indexes begin with the team."""
    return rows.filter(team__in=list(Team.objects.values_list("pk", flat=True)), **given)


@admin.register(PullRequest)
class PullRequestAdmin(LookOnly):
    list_display = ("pk", "team", "github_repo", "number", "title", "state", "version")
    search_help_text = "its id here, or at GitHub"

    def exactly(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        found = by_id(rows, text)
        if text.isascii() and text.isdecimal() and len(text) < 19 and not found.exists():
            return _of_all_teams(rows, github_pr_id=int(text))
        return found


@admin.register(PRReview)
class PRReviewAdmin(LookOnly):
    list_display = ("pk", "team", "pull_request", "reviewer_login", "state", "submitted_at")
    list_select_related = ("team", "pull_request")
    search_help_text = "its id here, or at GitHub"

    def exactly(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        found = by_id(rows, text)
        if text.isascii() and text.isdecimal() and len(text) < 19 and not found.exists():
            return _of_all_teams(rows, github_review_id=int(text))
        return found


@admin.register(Commit)
class CommitAdmin(LookOnly):
    list_display = ("github_sha", "team", "github_repo", "author_login", "committed_at")
    search_help_text = "a whole sha"

    def exactly(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return _of_all_teams(rows, github_sha=text.lower())


@admin.register(PullRequestCommit)
class PullRequestCommitAdmin(LookOnly):
    heavy = ("facts",)
    list_display = ("sha", "team", "github_repo_id", "number", "removed")
    search_help_text = "a whole sha"

    def exactly(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return _of_all_teams(rows, sha=text.lower())


@admin.register(Repository)
class RepositoryAdmin(LookOnly):
    list_display = ("full_name", "team", "github_repo_id", "archived", "deleted")
    search_help_text = "GitHub's id"

    def exactly(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        fits = text.isascii() and text.isdecimal() and len(text) < 19
        return _of_all_teams(rows, github_repo_id=int(text)) if fits else rows.none()


@admin.register(TeamMember)
class TeamMemberAdmin(LookOnly):
    list_display = ("display_name", "team", "github_username", "github_id", "role", "is_active")
    search_help_text = "its id here"

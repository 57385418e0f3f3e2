from django.db import models
from django_jsonfield_backport.models import JSONField

from apps.teams.models import BaseTeamModel

from .team_member import TeamMember


class PullRequest(BaseTeamModel):
    """A pull request as the newest of its events has it, and the numbers made from it.

    Which columns are facts, bindings and formulas is listed in `apps/metrics/projection/columns.py`.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        MERGED = "merged", "Merged"
        CLOSED = "closed", "Closed"

    # GitHub's database id, over 2^31 since 2024; `number` is unique in its repository only.
    github_pr_id = models.BigIntegerField()
    github_repo_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    github_repo = models.TextField()

    title = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    draft = models.BooleanField(null=True)
    pr_created_at = models.DateTimeField(null=True, blank=True)
    pr_updated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    merged_at = models.DateTimeField(null=True, blank=True)
    # For its first review that counts, else the newest time (`ready_for` in `projection/project.py`): told by
    # deliveries and the timeline, no field of the object says it.
    ready_at = models.DateTimeField(null=True, blank=True)
    author = models.ForeignKey(
        TeamMember, on_delete=models.SET_NULL, null=True, blank=True, related_name="pull_requests"
    )
    author_github_id = models.BigIntegerField(null=True, blank=True)
    author_login = models.TextField(blank=True)
    author_kind = models.CharField(max_length=40, blank=True)
    head_ref = models.TextField(blank=True)
    head_sha = models.CharField(max_length=64, blank=True)
    base_ref = models.TextField(blank=True)
    merge_commit_sha = models.CharField(max_length=64, blank=True)
    labels = JSONField(default=list, blank=True)
    # "owner/repository#number" of the pull request that the body says this one reverts.
    reverts = models.TextField(blank=True)
    # Null: not collected (a list's items lack them), never 0.
    additions = models.PositiveIntegerField(null=True, blank=True)
    deletions = models.PositiveIntegerField(null=True, blank=True)
    changed_files = models.PositiveIntegerField(null=True, blank=True)
    commit_count = models.PositiveIntegerField(null=True, blank=True)
    # The newest known head is not among the commits held, so they are not all of them.
    commits_incomplete = models.BooleanField(default=False)

    first_review_at = models.DateTimeField(null=True, blank=True)
    cycle_time_hours = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    review_time_hours = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    is_revert = models.BooleanField(default=False)
    revert_evidence = models.TextField(blank=True)
    is_hotfix = models.BooleanField(default=False)
    hotfix_evidence = models.TextField(blank=True)

    # The event that holds the newest object; null for a row that no event made.
    last_event_id = models.BigIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    synced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "github_pr_id", "github_repo"], name="unique_team_pr"),
            models.UniqueConstraint(
                fields=["team", "github_repo_id", "number"], name="unique_team_pr_number"
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-pr_created_at"], name="metrics_pr_created"),
            models.Index(fields=["team", "state"], name="metrics_pr_state"),
            models.Index(fields=["team", "author_github_id"], name="metrics_pr_author"),
        ]

    def __str__(self) -> str:
        return f"{self.github_repo}#{self.number}"

    @property
    def author_name(self) -> str:
        """The member's name; without a member the login; a deleted account is GitHub's ghost."""
        return str(self.author) if self.author else self.author_login or "ghost"

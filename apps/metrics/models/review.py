from django.db import models

from apps.teams.models import BaseTeamModel

from .pull_request import PullRequest
from .team_member import TeamMember


class PRReview(BaseTeamModel):
    """A submitted review. A PENDING one is its author's draft and makes no row."""

    class State(models.TextChoices):
        APPROVED = "approved", "Approved"
        CHANGES_REQUESTED = "changes_requested", "Changes requested"
        COMMENTED = "commented", "Commented"
        DISMISSED = "dismissed", "Dismissed"

    github_review_id = models.BigIntegerField()
    pull_request = models.ForeignKey(PullRequest, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(
        TeamMember, on_delete=models.SET_NULL, null=True, blank=True, related_name="reviews"
    )
    reviewer_github_id = models.BigIntegerField(null=True, blank=True)
    reviewer_login = models.TextField(blank=True)
    reviewer_kind = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=20, choices=State.choices)
    # What it was before a dismissal rewrote it in place; null where only the dismissal was seen.
    submitted_state = models.CharField(max_length=20, choices=State.choices, null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    last_event_id = models.BigIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "github_review_id"], name="unique_team_review")
        ]
        indexes = [models.Index(fields=["team", "reviewer_github_id"], name="metrics_review_reviewer")]

    def __str__(self) -> str:
        return f"{self.state} by {self.reviewer or self.reviewer_login or 'ghost'}"

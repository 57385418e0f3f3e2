from django.db import models

from apps.teams.models import BaseTeamModel


class TeamMember(BaseTeamModel):
    """A person of the team, as the organisation at GitHub names them."""

    class Role(models.TextChoices):
        DEVELOPER = "developer", "Developer"
        LEAD = "lead", "Lead"
        ADMIN = "admin", "Admin"

    email = models.EmailField(blank=True)
    display_name = models.CharField(max_length=255)
    github_username = models.CharField(max_length=100, blank=True)
    # The numeric id of the account as text; a new login does not change it.
    github_id = models.CharField(max_length=50, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.DEVELOPER)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "github_id"],
                condition=~models.Q(github_id=""),
                name="unique_team_member_github_id",
            )
        ]

    def __str__(self) -> str:
        return self.display_name or self.github_username

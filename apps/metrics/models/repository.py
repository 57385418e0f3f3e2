from django.db import models

from apps.teams.models import BaseTeamModel


class Repository(BaseTeamModel):
    """What a repository is called now: one row, raised by every stream that names it.

    A rename or transfer changes the name and never the id. The newest message wins; `name_instant` (100 ns
    ticks, see `ingest`) and `name_digest` are its place in the order.
    """

    github_repo_id = models.BigIntegerField()
    full_name = models.TextField()
    name_instant = models.BigIntegerField()
    name_digest = models.CharField(max_length=64)
    # From `repository` deliveries alone: null while none was seen.
    private = models.BooleanField(null=True)
    archived = models.BooleanField(null=True)
    deleted = models.BooleanField(null=True)
    default_branch = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "github_repo_id"], name="unique_team_repository")
        ]
        verbose_name_plural = "repositories"

    def __str__(self) -> str:
        return self.full_name

from django.db import models
from django_jsonfield_backport.models import JSONField

from apps.teams.models import TeamScoped


class AuditLine(TeamScoped):
    """Who did to a team's data what the data itself can't tell any more. No code deletes it."""

    at = models.DateTimeField(auto_now_add=True)
    who = models.TextField()
    action = models.CharField(max_length=50)
    detail = JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["team", "-id"], name="ingest_audit_newest")]

    def __str__(self) -> str:
        return f"{self.action} by {self.who}"

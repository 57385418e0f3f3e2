from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_jsonfield_backport.models import JSONField

from apps.teams.models import TeamScoped


class Run(TeamScoped):
    """One backfill or replay: its state, progress and report. It is the only place where these are kept."""

    class Kind(models.TextChoices):
        BACKFILL = "backfill"
        REPLAY = "replay"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting for a limit"
        PAUSED = "paused", "Paused"
        COMPLETE = "complete", "Complete"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    # Those of which at most one a repository may be.
    ACTIVE = (State.QUEUED, State.RUNNING, State.WAITING, State.PAUSED)

    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    # A backfill's repository; null for a replay.
    github_repo_id = models.BigIntegerField(null=True, blank=True)
    # What was asked for: window, API, or a replay's scope.
    scope = JSONField(default=dict, blank=True)
    # Where it goes on after a kill.
    cursor = JSONField(default=dict, blank=True)
    counters = JSONField(default=dict, blank=True)
    report = JSONField(default=dict, blank=True)
    # "Running" is only true while somebody holds the lease and his heart beats.
    lease = models.CharField(max_length=100, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=100, blank=True)
    message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "github_repo_id"],
                condition=Q(kind="backfill", state__in=["queued", "running", "waiting", "paused"]),
                name="ingest_one_active_backfill",
            )
        ]
        indexes = [
            models.Index(fields=["team", "kind", "-id"], name="ingest_run_newest"),
            # The last runs of a repository, however many it had.
            models.Index(fields=["team", "kind", "github_repo_id", "-id"], name="ingest_run_of_repository"),
            # The few that are not over. SQLite does not see that the constraint's index holds these.
            models.Index(fields=["state", "kind"], name="ingest_run_of_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"

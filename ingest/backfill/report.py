"""What a backfill says at its end, and meanwhile."""

from __future__ import annotations

from typing import Any

from ingest.models import ParkedEvent, Run

from .counters import Counters
from .owed import owed_by


def report(run: Run) -> dict[str, Any]:
    """As JSON: `stored`, `duplicates`, `applied` by event type; `pull_requests` = `visited` + `unchanged`;
    `failures`: the first of `failed`; `owed`: the pull requests that the next run asks for first; `seconds`:
    from start to end with all waits, null before the end."""
    done = Counters.from_json(run.counters)
    seconds = None
    if run.started_at and run.finished_at:
        seconds = round((run.finished_at - run.started_at).total_seconds(), 3)
    parked = ParkedEvent.objects.filter(
        stream__team_id=run.team_id, stream__repository_id=run.github_repo_id or 0
    ).count()
    return {
        "run": run.pk,
        "state": run.state,
        "team": run.team.slug,
        "repository": run.scope.get("repository"),
        "github_repo_id": run.github_repo_id,
        "window": run.scope.get("window"),
        "api": run.scope.get("api"),
        "api_reason": run.scope.get("api_reason"),
        "started_at": run.scope.get("started_at"),
        "cutoff": run.scope.get("cutoff"),
        "not_before": run.not_before.isoformat() if run.not_before else None,
        "error": run.error or None,
        "message": run.message or None,
        "pull_requests": done.visited + done.unchanged,
        "visited": done.visited,
        "unchanged": done.unchanged,
        "stored": dict(done.stored),
        "duplicates": dict(done.duplicates),
        "applied": dict(done.applied),
        "events_stored": done.stored.total(),
        "events_applied": done.applied.total(),
        "parked": parked,
        "truncated": done.truncated,
        "failed": done.failures,
        "failures": run.report.get("failures", []),
        "owed": owed_by(run.report),
        "requests": done.requests,
        "free": done.free,
        "quota": done.quota or None,
        "seconds": seconds,
    }

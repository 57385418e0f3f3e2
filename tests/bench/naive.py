"""What most projects do first: decode each event in full and `update_or_create` its row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from apps.metrics.models import Commit, PRReview, PullRequest
from apps.teams.models import Team
from ingest.log.facts import NewEvent

EVENTS = 2000


def apply(team: Team, events: Sequence[NewEvent]) -> None:
    for event in events:
        found = json.loads(event.body)
        repository_id = event.repository_id or found["repository"]["id"]
        pull = found.get("pull_request") or found
        if event.event_type == "commit":
            _commit(team, found)
            continue
        if event.event_type == "pull_request_review":
            row = PullRequest.objects.filter(
                team=team, github_repo_id=repository_id, number=event.number or pull["number"]
            ).first()
            if row is not None:
                _review(team, row, found.get("review") or found)
            continue
        _pull(team, repository_id, pull)


def _pull(team: Team, repository_id: int, pull: dict[str, Any]) -> None:
    created, merged = datetime.fromisoformat(pull["created_at"]), parse_datetime(pull["merged_at"] or "")
    PullRequest.objects.update_or_create(
        team=team,
        github_repo_id=repository_id,
        number=pull["number"],
        defaults={
            "github_pr_id": pull["id"],
            "github_repo": "acme/rocket",
            "title": pull["title"],
            "state": "merged" if merged else pull["state"],
            "pr_created_at": created,
            "merged_at": merged,
            "author_login": pull["user"]["login"] if pull["user"] else "",
            "additions": pull.get("additions"),
            "deletions": pull.get("deletions"),
            "cycle_time_hours": round((merged - created).total_seconds() / 3600, 2) if merged else None,
        },
    )


def _review(team: Team, row: PullRequest, review: dict[str, Any]) -> None:
    PRReview.objects.update_or_create(
        team=team,
        github_review_id=review["id"],
        defaults={
            "pull_request": row,
            "state": review["state"].lower(),
            "submitted_at": parse_datetime(review.get("submitted_at") or ""),
        },
    )
    first = row.reviews.order_by("submitted_at").values_list("submitted_at", flat=True).first()
    PullRequest.objects.filter(pk=row.pk).update(first_review_at=first)


def _commit(team: Team, commit: dict[str, Any]) -> None:
    Commit.objects.update_or_create(
        team=team,
        github_sha=commit["sha"],
        defaults={
            "github_repo": "acme/rocket",
            "message": commit["commit"]["message"],
            "committed_at": parse_datetime(commit["commit"]["committer"]["date"]),
        },
    )

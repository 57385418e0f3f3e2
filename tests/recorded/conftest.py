"""The rows that are there, against those that must be; and what a command reported."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

from django.core.management import call_command

from apps.metrics.models import Commit, PRReview, PullRequest
from tests.recorded.recordings import Json


def rows(model: Any, like: list[Json], *order: str) -> list[Json]:
    """The stored rows, with the columns that `like` has; decimals as floats."""
    found = model.objects.order_by(*order).values(*like[0]) if like else []
    return [
        {k: float(v) if k.endswith("_hours") and v is not None else v for k, v in row.items()}
        for row in found
    ]


def assert_rows(pulls: list[Json], reviews: list[Json], commits: list[Json]) -> None:
    assert rows(PullRequest, pulls, "github_pr_id") == sorted(pulls, key=lambda row: row["github_pr_id"])
    assert rows(PRReview, reviews, "github_review_id") == sorted(
        reviews, key=lambda row: row["github_review_id"]
    )
    assert rows(Commit, commits, "github_sha") == sorted(commits, key=lambda row: row["github_sha"])
    assert (PRReview.objects.count(), Commit.objects.count()) == (len(reviews), len(commits))


def told(*arguments: str) -> Json:
    """The JSON document of a command, in this process: another takes seconds to begin."""
    out = StringIO()
    call_command(*arguments, "--format", "json", stdout=out)
    report: Json = json.loads(out.getvalue())
    return report

"""Every column of the projected tables, by kind.

*Facts* are folded from one stream. *Bindings* point at rows that others may change. *Formulas* come from
both. `BOOKKEEPING` says what made a row; it is written with it, and a new version alone is no change of a
row.
"""

from __future__ import annotations

from apps.metrics.formulas import FORMULAS

PULL_REQUEST_FACTS = (
    "github_pr_id",
    "title",
    "state",
    "draft",
    "pr_created_at",
    "pr_updated_at",
    "closed_at",
    "merged_at",
    "ready_at",
    "author_github_id",
    "author_login",
    "author_kind",
    "head_ref",
    "head_sha",
    "base_ref",
    "merge_commit_sha",
    "labels",
    "reverts",
    "additions",
    "deletions",
    "changed_files",
    "commit_count",
    "commits_incomplete",
    "last_event_id",
)
PULL_REQUEST_BINDINGS = ("author_id", "github_repo")
PULL_REQUEST_FORMULAS = tuple(column for formula in FORMULAS for column in formula.columns)
PULL_REQUEST_KEY = ("team_id", "github_repo_id", "number")

REVIEW_FACTS = (
    "reviewer_github_id",
    "reviewer_login",
    "reviewer_kind",
    "state",
    "submitted_state",
    "submitted_at",
    "last_event_id",
)
REVIEW_BINDINGS = ("reviewer_id", "pull_request_id")
REVIEW_KEY = ("team_id", "github_review_id")

COMMIT_FACTS = (
    "author_github_id",
    "author_login",
    "author_kind",
    "message",
    "authored_at",
    "committed_at",
    "additions",
    "deletions",
    "github_repo_id",
    "number",
    "from_events",
)
COMMIT_BINDINGS = ("author_id", "github_repo", "pull_request_id")
COMMIT_KEY = ("team_id", "github_sha")

PULL_REQUEST_COMPARED = PULL_REQUEST_FACTS + PULL_REQUEST_BINDINGS + PULL_REQUEST_FORMULAS
REVIEW_COMPARED = REVIEW_FACTS + REVIEW_BINDINGS
COMMIT_COMPARED = COMMIT_FACTS + COMMIT_BINDINGS
BOOKKEEPING = ("version", "synced_at", "created_at", "updated_at")

"""GraphQL queries for the tests."""

from __future__ import annotations

from typing import Any

from ingest.standin import Standin

from .client import Got, ask

PULL = """
  __typename id fullDatabaseId databaseId number title body state isDraft createdAt updatedAt closedAt
  mergedAt mergeCommit { oid } potentialMergeCommit { oid } headRefName headRefOid baseRefName baseRefOid
  headRepository { databaseId nameWithOwner isPrivate } baseRepository { databaseId nameWithOwner isPrivate }
  author { __typename login ... on User { databaseId } ... on Bot { databaseId } }
  labels(first: 100) { nodes { name } }
  additions deletions changedFiles
  reviews(first: 100) {
    totalCount
    nodes { fullDatabaseId state submittedAt createdAt updatedAt author { __typename login } commit { oid } }
  }
  commits(first: 100) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { commit {
      oid message additions deletions authoredDate committedDate
      author { name date user { databaseId login } } committer { date }
      parents(first: 5) { totalCount nodes { oid } }
    } }
  }
  timelineItems(first: 100, itemTypes: [READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, REOPENED_EVENT,
                                        CLOSED_EVENT, MERGED_EVENT]) {
    totalCount
    nodes {
      __typename
      ... on ReadyForReviewEvent { createdAt actor { login } }
      ... on ConvertToDraftEvent { createdAt }
      ... on ReopenedEvent { createdAt }
      ... on ClosedEvent { createdAt }
      ... on MergedEvent { createdAt commit { oid } }
    }
  }
"""


def query(standin: Standin, text: str, token: str | None = "t0ken", **variables: Any) -> Got:
    return ask("POST", f"{standin.url}/graphql", {"query": text, "variables": variables}, token=token)


def repository(standin: Standin, fields: str, token: str | None = "t0ken", name: str = "rocket") -> Any:
    """What `data.repository` holds."""
    text = f'{{ repository(owner: "acme", name: "{name}") {{ {fields} }} }}'
    got = query(standin, text, token).json
    assert "errors" not in got, got["errors"]
    return got["data"]["repository"]


def pull(standin: Standin, number: int, fields: str = PULL) -> Any:
    return repository(standin, f"pullRequest(number: {number}) {{ {fields} }}")["pullRequest"]

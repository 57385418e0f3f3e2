"""Payloads of direct calls that say less than GitHub does: completed from the rows that are there."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from apps.metrics.models import PullRequest, Repository
from apps.metrics.processors import payloads

if TYPE_CHECKING:
    from apps.teams.models import Team

# A repository that is only named gets an id beyond all of GitHub's, always the same for the same name.
MADE_UP = 2**62
NEEDED: dict[type, tuple[str, ...]] = {
    payloads.PullRequestDelivery: ("pull_request",),
    payloads.PullRequestReviewDelivery: ("review", "pull_request"),
    payloads.CommitDelivery: ("commit",),
}


def completed(team: Team, payload_type: type[Struct], payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The payload with the repository's id and the pull request's number; None where it is about nothing.

    GitHub's own deliveries have both and come back as they are.
    """
    if any(not payload.get(name) for name in NEEDED.get(payload_type, ())):
        return None
    found = dict(payload)
    named = payload.get("repository")
    if isinstance(named, dict) and "id" not in named and isinstance(named.get("full_name"), str):
        found["repository"] = {**named, "id": _repository_id(team, named["full_name"])}
    pull = payload.get("pull_request")
    if isinstance(pull, dict) and "number" not in pull:
        number = _number(team, pull.get("id"), found.get("repository"))
        if number is None:
            return None
        found["pull_request"] = {**pull, "number": number}
    return found


def _repository_id(team: Team, full_name: str) -> int:
    known = Repository.for_team(team).filter(full_name=full_name).values_list("github_repo_id", flat=True)
    rows = PullRequest.for_team(team).filter(github_repo=full_name).values_list("github_repo_id", flat=True)
    return known.first() or rows.first() or MADE_UP + zlib.crc32(full_name.encode())


def _number(team: Team, github_pr_id: object, repository: object) -> int | None:
    repository_id = repository.get("id") if isinstance(repository, dict) else None
    if not isinstance(github_pr_id, int) or not isinstance(repository_id, int):
        return None
    rows = PullRequest.for_team(team).filter(github_pr_id=github_pr_id, github_repo_id=repository_id)
    return rows.values_list("number", flat=True).first()

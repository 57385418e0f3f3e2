"""Two pull requests of one repository that claim one id of GitHub's: no real ones do, edited recordings did.

The table holds one of them (`unique_team_pr`). Which one must not depend on who came first, so the lowest
number has it: a higher one yields no row and is refused, and a higher one that came earlier is evicted.
"""

from __future__ import annotations

from collections.abc import Sequence

from apps import sql
from apps.metrics.models import PullRequest

from .project import Projection, StreamKey

Claim = tuple[int, int, int]


def settle(projections: Sequence[Projection]) -> dict[StreamKey, int]:
    """Takes the rows from projections that have no right to their id; returns the stored rows to evict, by
    key.
    """
    claims: dict[Claim, dict[int, Projection]] = {}
    for p in projections:
        if p.pull_request is not None:
            claim = (p.key[0], p.pull_request["github_pr_id"], p.key[1])
            claims.setdefault(claim, {})[p.key[2]] = p
    keys = {p.key for p in projections}
    stored: dict[Claim, dict[int, int]] = {}
    for claim, number, pk in _stored(claims):
        if (claim[0], claim[2], number) not in keys:
            stored.setdefault(claim, {})[number] = pk
    evicted: dict[StreamKey, int] = {}
    for claim, mine in claims.items():
        others = stored.get(claim, {})
        lowest = min((*mine, *others))
        for number, p in mine.items():
            if number != lowest:
                p.refuse(
                    f"the pull request's id {claim[1]} is that of number {lowest} in the same repository"
                )
        evicted |= {(claim[0], claim[2], number): pk for number, pk in others.items() if number != lowest}
    return evicted


def _stored(claims: dict[Claim, dict[int, Projection]]) -> list[tuple[Claim, int, int]]:
    if not claims:
        return []
    keys = sorted({claim[:2] for claim in claims})
    table, params = sql.key_table(keys, team_id="bigint", pr_id="bigint")
    # Not by the repository too: a database then may prefer the index of the repository's numbers, and reads
    # all of its pull requests for each key.
    rest = (
        f"FROM {table} JOIN {sql.quoted(PullRequest)} t ON t.team_id = k.team_id AND t.github_pr_id = k.pr_id"
    )
    names = ("team_id", "github_pr_id", "github_repo_id", "number", "id")
    rows = sql.select(PullRequest, names, rest, params)
    return [(row[:3], row[3], row[4]) for row in rows if row[:3] in claims]

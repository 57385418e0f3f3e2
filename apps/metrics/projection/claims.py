"""Two pull requests of one repository that claim one id of GitHub's: no real ones do, edited recordings did.

The table holds one of them (`unique_team_pr`). Which one must not depend on who came first, so the lowest
number has it: a higher one yields no row and is refused, and a higher one that came earlier is evicted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .project import Projection, StreamKey

# The team, GitHub's id of the pull request, and the repository.
Claim = tuple[int, int, int]


def settle(
    projections: Sequence[Projection], rivals: Iterable[tuple[Claim, int, int]]
) -> dict[StreamKey, int]:
    """Takes the rows from projections that have no right to their id; returns the stored rows to evict, by
    key. `rivals`: claim, number and id of the stored rows of other streams.
    """
    claims: dict[Claim, dict[int, Projection]] = {}
    for p in projections:
        if p.pull_request is not None:
            claim = (p.key[0], p.pull_request["github_pr_id"], p.key[1])
            claims.setdefault(claim, {})[p.key[2]] = p
    stored: dict[Claim, dict[int, int]] = {}
    for claim, number, pk in rivals:
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

"""What kind of pull request it is: its named case, or one drawn in the proportions of an ordinary team."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Character:
    bot: bool = False
    fork: bool = False
    deleted_fork: bool = False
    ghost: bool = False
    revert: bool = False
    hotfix: bool = False
    draft: bool = False
    draft_twice: bool = False
    reopened: bool = False
    dismissed: bool = False
    force_pushed: bool = False
    bot_reviewed: bool = False
    author_commented: bool = False
    pending_review: bool = False
    unlinked: bool = False
    same_second: bool = False
    nul_in_body: bool = False
    edited: bool = False
    commits: int = 1


# Share of pull requests without a name that show each trait.
_SHARES = {
    "bot": 0.14,
    "fork": 0.07,
    "deleted_fork": 0.01,
    "ghost": 0.01,
    "revert": 0.02,
    "hotfix": 0.05,
    "draft": 0.15,
    "draft_twice": 0.01,
    "reopened": 0.02,
    "dismissed": 0.04,
    "force_pushed": 0.06,
    "bot_reviewed": 0.12,
    "author_commented": 0.12,
    "unlinked": 0.04,
    "edited": 0.12,
}
_EVERY_CASE: dict[str, dict[str, bool]] = {
    "ghost": {"deleted_fork": True},
    "deleted_fork": {"fork": True},
    "draft_twice": {"draft": True},
}


def character(case: str, dice: Random) -> Character:
    drawn = {trait: dice.random() < share for trait, share in _SHARES.items()}
    commits = min(12, 1 + int(dice.expovariate(0.45)))
    if case:
        known = Character.__dataclass_fields__
        traits = {case: True} if case in known else {}
        size = 273 if case == "many_commits" else max(3, commits)
        return Character(**traits, **_EVERY_CASE.get(case, {}), commits=size)
    if drawn["bot"]:
        return Character(bot=True, commits=1, force_pushed=drawn["force_pushed"])
    drawn["fork"] |= drawn["deleted_fork"]
    return Character(**drawn, commits=commits)

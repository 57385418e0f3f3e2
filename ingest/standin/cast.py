"""Pull requests that every world holds, so that a test can name the case it is about."""

from __future__ import annotations

# Cases that must be old, by their place in the numbering (0: the oldest, 1: the newest).
_PLACED = {
    "stale_open": 0.25,  # opened long ago, untouched since, still open
    "late_merge": 0.4,  # opened some 120 days before now, merged yesterday
}

# The others are the newest numbers, so that a backfill of 90 days meets them all.
_RECENT = (
    "many_commits",  # more than 250: the list is cut
    "force_pushed",  # its first commits are gone
    "shared_sha_too",  # opened on top of the first commit of `shared_sha`
    "shared_sha",
    "deleted_fork",  # head.repo is null
    "ghost",  # its author's account is deleted, the fork with it
    "reopened",
    "revert",
    "hotfix",
    "draft",  # still one
    "draft_twice",  # draft, ready, draft, ready
    "pending_review",
    "dismissed",  # an approval, dismissed later
    "author_commented",  # its author answers in a review of their own
    "bot",
    "bot_reviewed",  # the first review is a bot's
    "unlinked",  # a commit whose author is null, and one whose author is {}
    "nul_in_body",  # text holds U+0000
    "same_second",  # approved and merged in one second
    "closed",  # without a merge
)

NAMES = (*_PLACED, *_RECENT)


def cast(pulls: int) -> dict[str, int]:
    """Case -> number. A world too small for all leaves the last cases out."""
    named: dict[str, int] = {}
    for name, place in _PLACED.items():
        number = round(place * pulls)
        if number > 0 and number not in named.values():
            named[name] = number
    step = 2 if pulls >= 4 * len(_RECENT) else 1
    number = pulls - step
    for name in _RECENT:
        while number in named.values():
            number -= 1
        if number < 1:
            break
        named[name] = number
        number -= step
    return named

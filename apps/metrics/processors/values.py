"""Bounded values: what a payload may hold so that no column refuses it later."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta

GithubId = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Number = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Sha = Annotated[str, Meta(min_length=1, max_length=64)]
# GitHub's have 140 at most. A pull request's row is told by it, and an index takes no text of any length.
LONGEST_NAME = 255
FullName = Annotated[str, Meta(max_length=LONGEST_NAME)]
# The longest known is EnterpriseUserAccount.
Kind = Annotated[str, Meta(max_length=40)]
# GitHub writes states in lower case in deliveries, in upper case in REST reviews and GraphQL.
PullRequestState = Literal["open", "closed", "merged", "OPEN", "CLOSED", "MERGED"]
ReviewState = Literal[
    "pending", "commented", "approved", "changes_requested", "dismissed",
    "PENDING", "COMMENTED", "APPROVED", "CHANGES_REQUESTED", "DISMISSED",
]  # fmt: skip

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def bounded(*times: object) -> None:
    """Refuse a time of GitHub's own outside 1970 to 2100: a typing error in a recording.

    Raises ValueError, which msgspec turns into an error that names the path.
    """
    for time in times:
        if isinstance(time, datetime):
            if time.tzinfo is None:
                raise ValueError(f"Expected a time with its offset, got {time.isoformat()}")
            if not EARLIEST <= time <= LATEST:
                raise ValueError(f"Expected a time between 1970 and 2100, got {time.isoformat()}")


def git_date(told: Any) -> Any:
    """A git date as a time; None where it is none between 1970 and 2100, with its offset.

    The machine of whoever made the commit wrote it, and it may say anything: the year 10000 too, which no
    `datetime` holds. That is no fault of GitHub's message, so it is unknown rather than refused. Raises
    ValueError for what is no text at all.
    """
    if told is None or told is UNSET:
        return told
    if isinstance(told, str):
        try:
            told = msgspec.convert(told, datetime)
        except msgspec.ValidationError:
            return None
    if not isinstance(told, datetime):
        raise ValueError(f"Expected a date, got {type(told).__name__}")
    return told if told.tzinfo is not None and EARLIEST <= told <= LATEST else None

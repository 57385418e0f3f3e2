"""The lists that a backfill reads, and in which order: each reading of a list is a round.

`/pulls` has no `since`, and rows change places while its pages are read:

- By update, newest first: a row updated meanwhile goes to the front. The rows that it passed shift back and
  are seen twice; the row itself is missed if its page was still to come.
- The open ones, by update, oldest first, for those that the window leaves out: a row updated or closed
  meanwhile leaves, and the next page begins one row too late. So a list of several pages is read once more;
  its pull requests are known by then, and that takes moments.
- So at the end the front is read again, for whatever went there meanwhile: down to the newest row that the
  first round had begun with, and again until that takes one page (inside one answer nothing shifts).
- All, oldest first: rows only ever join at the end.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

UPDATED, OPEN, ALL = "updated", "open", "all"

PARAMETERS = {
    UPDATED: {"state": "all", "sort": "updated", "direction": "desc"},
    OPEN: {"state": "open", "sort": "updated", "direction": "asc"},
    ALL: {"state": "all", "sort": "created", "direction": "asc"},
}


@dataclass(frozen=True)
class Round:
    """One reading of a list, and how far it came.

    Only rows updated at or after `since` and before `before` are wanted, and a page that ends with another
    ends the round. `page`: the address of the page to read next, as GitHub gave it; None: the first.
    `newest`: the latest `updated_at` with which the last round by update began. `again`: the list was read
    before.
    """

    name: str
    since: datetime | None = None
    before: datetime | None = None
    page: str | None = None
    pages: int = 0
    newest: datetime | None = None
    again: bool = False

    def wants(self, updated_at: datetime | None) -> bool:
        """A row that doesn't say when it was updated is wanted: it can't be shown to be outside."""
        if updated_at is None:
            return True
        if self.since is not None and updated_at < self.since:
            return False
        return self.before is None or updated_at < self.before

    def turned(self, next_page: str | None, times: list[datetime]) -> Round:
        """After a page whose wanted rows have these `updated_at`."""
        newest = max(times, default=None) if self.name == UPDATED and not self.pages else self.newest
        return replace(self, page=next_page, pages=self.pages + 1, newest=newest)

    def as_json(self) -> dict[str, Any]:
        return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(self).items() if v}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Round:
        times: dict[str, Any] = {
            k: datetime.fromisoformat(stored[k]) for k in ("since", "before", "newest") if k in stored
        }
        return cls(**stored | times)


def first(cutoff: datetime | None) -> Round:
    return Round(ALL) if cutoff is None else Round(UPDATED, since=cutoff)


def following(done: Round) -> Round | None:
    """The round after a finished one; None after the last."""
    if done.name == UPDATED and not done.again:
        return Round(OPEN, before=done.since, newest=done.newest)
    if done.name == OPEN and done.pages > 1 and not done.again:
        return replace(done, page=None, pages=0, again=True)
    if done.name == OPEN:
        return Round(UPDATED, since=done.newest or done.before, again=True)
    # More rows of one second than a page holds would be read for ever: nothing newer came, so none moved.
    if done.name == UPDATED and done.pages > 1 and done.newest != done.since:
        return Round(UPDATED, since=done.newest or done.since, again=True)
    return None

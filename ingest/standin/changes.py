"""What a test lets happen after `now`, so that a second backfill finds something new.

Each change takes place one second after the newest one, unless `at` says when.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any

from . import chance
from .commits import chain
from .facts import Pull, Review, User
from .moments import Moment
from .people import People


class Changes(ABC):
    seed: int
    time: datetime
    people: People

    def touch(self, number: int, at: datetime | None = None) -> Moment:
        """The smallest update: a label. A second touch leaves only a newer `updated_at`."""
        return self._happen(number, at, "labeled", self.people.members[0], label="performance")

    def retitle(self, number: int, title: str, at: datetime | None = None) -> Moment:
        return self._happen(number, at, "edited", self._now(number).author, title=title)

    def push(self, number: int, commits: int = 1, at: datetime | None = None) -> Moment:
        return self._push(number, self._now(number).head_sha, commits, False, at)

    def force_push(self, number: int, commits: int = 1, at: datetime | None = None) -> Moment:
        """All commits until now are gone from the pull request."""
        return self._push(number, self._now(number).base_sha, commits, True, at)

    def ready(self, number: int, at: datetime | None = None) -> Moment:
        return self._happen(number, at, "ready_for_review", self._now(number).author)

    def to_draft(self, number: int, at: datetime | None = None) -> Moment:
        return self._happen(number, at, "converted_to_draft", self._now(number).author)

    def review(
        self, number: int, state: str = "APPROVED", by: User | None = None, at: datetime | None = None
    ) -> Moment:
        at = at or self._next()
        pull = self._now(number)
        by = by or self.people.someone_else(chance.dice(self.seed, "reviewer", number), pull.author)
        pending = state == "PENDING"
        review = Review(
            id=pull.id + 500 + len(pull.reviews),
            user=by,
            state=state,
            body="" if pending else "Read it through.",
            commit=pull.head_sha,
            submitted_at=None if pending else at,
        )
        return self._happen(number, at, "pending" if pending else "submitted", by, review=review, remarks=0)

    def dismiss(self, number: int, review_id: int | None = None, at: datetime | None = None) -> Moment:
        """Without an id: the newest review that can be dismissed."""
        able = [r.id for r in self._now(number).reviews if r.state in ("APPROVED", "CHANGES_REQUESTED")]
        return self._happen(number, at, "dismissed", self.people.members[0], review_id=review_id or able[-1])

    def merge(self, number: int, at: datetime | None = None) -> Moment:
        merge_sha = chance.sha(self.seed, "merge", number)
        return self._happen(number, at, "closed", self.people.members[0], merged=True, merge_sha=merge_sha)

    def close(self, number: int, at: datetime | None = None) -> Moment:
        return self._happen(number, at, "closed", self.people.members[0], merged=False)

    def reopen(self, number: int, at: datetime | None = None) -> Moment:
        return self._happen(number, at, "reopened", self.people.members[0])

    def _push(self, number: int, parent: str, commits: int, forced: bool, at: datetime | None) -> Moment:
        at = at or self._next()
        author = self._now(number).author
        key = (self.seed, number, "later", at.isoformat())
        return self._happen(
            number,
            at,
            "synchronize",
            author,
            commits=chain(chance.dice(*key), key, parent, author, at, commits),
            forced=forced,
            merge_sha=chance.sha("test merge", *key),
        )

    def _happen(
        self, number: int, at: datetime | None, action: str, actor: User | None, **data: Any
    ) -> Moment:
        moment = Moment(at or self._next(), action, actor, data)
        self.add(number, moment)
        return moment

    def _next(self) -> datetime:
        return self.time + timedelta(seconds=1)

    def _now(self, number: int) -> Pull:
        return self.pull(number)

    @abstractmethod
    def pull(self, number: int) -> Pull: ...

    @abstractmethod
    def add(self, number: int, moment: Moment) -> None: ...

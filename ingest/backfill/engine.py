"""The backfill itself: lists, pull requests, rows. It can be killed anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from ingest.github.answer import Answer
from ingest.github.errors import EmptyRepository, GitHubError
from ingest.replay.cutting import chunks
from ingest.replay.processing import process
from ingest.replay.scope import Scope

from .items import Pull, cut, read_pull
from .repository import find_again
from .rounds import PARAMETERS, Round, first, following
from .visiting import Visiting
from .window import Window
from .work import Work

# How many pull requests are visited before their rows are made.
AT_ONCE = 20


class Backfill:
    """`go` works through the rounds, newest pull requests first.

    The cursor is the round with the address of its present page. A page is read again after a kill: the log
    drops what it has, and pull requests that were visited are known, so only the page costs a request.

    `replay`: make the rows too, while fetching. `enough`: asked before each pull request, ends the work for
    now.
    """

    def __init__(self, work: Work, *, replay: bool, enough: Callable[[], bool]) -> None:
        self.work = work
        self.visiting = Visiting(work)
        self._replay = replay
        self._enough = enough

    def go(self) -> bool:
        """Whether all is done. Raises a GitHubError, LeaseLost, or what the database raises."""
        try:
            done = self._rounds()
        except GitHubError:
            self._apply()
            raise
        self._apply()
        return done

    def _rounds(self) -> bool:
        current: Round | None = self._begin()
        while current is not None:
            done = self._read(current)
            if done is None:
                return False
            current = following(done)
            if current is not None:
                self.work.save(cursor=_cursor(current))
        return True

    def _begin(self) -> Round:
        """Today's name of the repository, the run's fixed window, and where it stopped the last time."""
        work, run = self.work, self.work.run
        scope = dict(run.scope)
        if work.repository is None:
            work.repository = find_again(work.get, run.github_repo_id or 0, scope["repository"])
        else:
            work.counters.requests += 1  # the caller's, for this run
        scope["repository"] = work.repository.full_name
        if "started_at" not in scope:
            # GitHub's clock: it is compared with GitHub's times.
            start = work.repository.asked_at or timezone.now()
            cutoff = Window.from_json(scope["window"]).cutoff(start)
            scope |= {"started_at": start.isoformat(), "cutoff": cutoff.isoformat() if cutoff else None}
        cutoff_at = datetime.fromisoformat(scope["cutoff"]) if scope["cutoff"] else None
        stored = run.cursor.get("round")
        current = Round.from_json(stored) if stored else first(cutoff_at)
        work.save(scope=scope, cursor=_cursor(current))
        return current

    def _read(self, current: Round) -> Round | None:
        """The finished round; None where it was enough for now."""
        place = self.work.place
        start, params = current.page or f"repos/{place.full_name}/pulls", PARAMETERS[current.name]
        try:
            for page in self.work.pages(start, None if current.page else params):
                listed, ended = self._store(page, current)
                if not self._visit(listed):
                    return None
                times = [pull.updated_at for pull in listed if pull.updated_at]
                current = current.turned(None if ended else page.next_url, times)
                if current.page is None:
                    break
                self.work.save(cursor=_cursor(current))
        except EmptyRepository:
            return replace(current, page=None)
        return current

    def _store(self, page: Answer, current: Round) -> tuple[list[Pull], bool]:
        """Store a page of the list. Returns its readable pull requests, and whether the round ends here.

        GitHub's pages know no window: the rows of the last one that lie beyond it were not wanted and stay
        out, as they would be pull requests without reviews and commits.
        """
        items = [(body, read_pull(body)) for body in cut(page)]
        wanted = [(body, pull) for body, pull in items if pull is None or current.wants(pull.updated_at)]
        self.work.store(page, [body for body, _ in wanted], "pull_request", "pulls")
        ended = bool(items) and items[-1] not in wanted[-1:]
        return [pull for _, pull in wanted if pull], ended

    def _visit(self, listed: list[Pull]) -> bool:
        """False where it was enough before the last one."""
        for visited, number in enumerate(self.visiting.due(listed), start=1):
            if self._enough():
                return False
            self.visiting.visit(number)
            if visited % AT_ONCE == 0:
                self._apply()
        self._apply()
        return True

    def _apply(self) -> None:
        """Make rows of all that is pending of this repository, also of what was stored just before a kill."""
        if not self._replay or self.work.repository is None:
            return
        work = self.work
        stored = work.counters.stored.copy()
        pending = Scope(team=work.team.slug, repo=str(work.place.id), pending=True)
        for chunk in chunks(pending.streams()):
            work.lease.beat()
            process(chunk)
        if work.counters.applied != stored:
            work.counters.applied = stored
            work.save()
            work.tell()


def _cursor(current: Round) -> dict[str, Any]:
    return {"round": current.as_json()}

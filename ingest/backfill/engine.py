"""The backfill itself: lists, pull requests, rows. It can be killed anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from ingest.github.errors import EmptyRepository, GitHubError
from ingest.replay.cutting import chunks
from ingest.replay.processing import process
from ingest.replay.scope import Scope

from . import owed
from .choosing import choose_for, given
from .fetcher import AUTO, GRAPHQL, REST, Fetcher
from .graphql.fetching import GraphQLFetcher
from .repository import Repository, find_again
from .rest import RestFetcher
from .rounds import Round, first, following
from .validating import Validating
from .window import Window
from .work import Work

FETCHERS: dict[str, type[RestFetcher | GraphQLFetcher]] = {REST: RestFetcher, GRAPHQL: GraphQLFetcher}


class Backfill:
    """`go` asks for what earlier runs owe, then works through the rounds, newest pull requests first.

    The cursor is the round with its present page: by REST its address, by GraphQL GitHub's cursor. A page is
    read again after a kill: the log drops what it has, and pull requests that were visited are known, so only
    the page costs a request.

    `replay`: make the rows too, while fetching. `enough`: asked before each pull request, ends the work for
    now.
    """

    def __init__(self, work: Work, *, replay: bool, enough: Callable[[], bool]) -> None:
        self.work = work
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
        kind = FETCHERS[self.work.run.scope["api"]]
        fetcher = kind(self.work, enough=self._enough, apply=self._apply)
        if not self._fetch_owed(fetcher):
            return False
        while current is not None:
            done = self._read(current, fetcher)
            if done is None:
                return False
            current = following(done)
            self.work.save(**({"cursor": _cursor(current)} if current else {}))
        return True

    def _begin(self) -> Round:
        """Today's name of the repository, the run's fixed window, and where it stopped the last time."""
        work, run = self.work, self.work.run
        scope = {"api": REST, **run.scope}
        if work.repository is None and scope["api"] == GRAPHQL and "started_at" in scope:
            # Every query asks for the repository too: a kill costs no request for it.
            name = scope["repository"]
            work.repository = Repository(run.github_repo_id or 0, name, name.partition("/")[0], 0, None)
        elif work.repository is None:
            get = Validating(work).repository
            work.repository = find_again(get, run.github_repo_id or 0, scope["repository"])
        else:
            work.counters.requests += 1  # the caller's, for this run
        scope["repository"] = work.repository.full_name
        if "started_at" not in scope:
            # GitHub's clock: it is compared with GitHub's times.
            start = work.repository.asked_at or timezone.now()
            cutoff = Window.from_json(scope["window"]).cutoff(start)
            scope |= {"started_at": start.isoformat(), "cutoff": cutoff.isoformat() if cutoff else None}
        if "api_reason" not in scope:
            window, began = Window.from_json(scope["window"]), datetime.fromisoformat(scope["started_at"])
            choice = choose_for(work, window, began) if scope["api"] == AUTO else given(scope["api"])
            scope |= {"api": choice.api, "api_reason": choice.reason}
        cutoff_at = datetime.fromisoformat(scope["cutoff"]) if scope["cutoff"] else None
        stored = run.cursor.get("round")
        current = Round.from_json(stored) if stored else first(cutoff_at)
        left = run.cursor.get("owed", []) if stored else work.owed.numbers
        report = {"owed": work.owed.numbers, **run.report}
        work.save(scope=scope, cursor=_cursor(current, left), report=report)
        return current

    def _fetch_owed(self, fetcher: Fetcher) -> bool:
        """False where it was enough for now."""
        work = self.work
        while left := work.run.cursor.get("owed", []):
            batch, rest = left[: owed.AT_ONCE], left[owed.AT_ONCE :]
            if not fetcher.fetch([number for number in batch if work.owed.is_untried(number)]):
                return False
            none_came = all(number in work.owed.numbers for number in batch)
            work.save(cursor={**work.run.cursor, "owed": [] if none_came else rest})
        return True

    def _read(self, current: Round, fetcher: Fetcher) -> Round | None:
        """The finished round; None where it was enough for now."""
        try:
            for turned in fetcher.pages(current):
                if turned is None:
                    return None
                current = current.turned(turned.next_page, turned.times)
                if current.page is None:
                    break
                self.work.save(cursor=_cursor(current))
        except EmptyRepository:
            return replace(current, page=None)
        return current

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


def _cursor(current: Round, left: Sequence[int] = ()) -> dict[str, Any]:
    """`left`: of what earlier runs owe, what is to be asked for before the round."""
    return {"round": current.as_json(), **({"owed": list(left)} if left else {})}

"""The turns of `manage.py backfill OWNER`: many repositories, one after the other and again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.integrations.cli.backfill_progress import Screen
from apps.integrations.models import IntegrationCredential, TrackedRepository
from apps.integrations.services.github_sync import begin, go_on
from apps.integrations.services.purges import NotBegun
from apps.integrations.services.runs.turns import Turn
from apps.integrations.tasks import FIRST_SECONDS, TASK_SECONDS
from ingest.backfill.window import Window
from ingest.cli.who import at_the_terminal
from ingest.github.errors import CredentialRevoked, GitHubError
from ingest.models import Run
from ingest.runs.lease import LeaseLost, NotFree
from ingest.runs.waiting import nap

State = Run.State

# How long to wait where workers are at all that is left.
AGAIN_SECONDS = 5.0


class After(Enum):
    """What is left of a repository after a turn. HELD: somebody else works on its run."""

    NOTHING = auto()
    MORE = auto()
    HELD = auto()
    LIMITED = auto()


def _nobody() -> bool:
    return False


class Turns:
    """Each repository gets a short turn first, then as many long ones as it takes.

    What goes wrong with one leaves the others alone; a token that GitHub refuses ends all. Workers may help:
    a run that one of them is at comes last, and what it ends is done.
    """

    def __init__(
        self,
        followed: Sequence[TrackedRepository],
        credential: IntegrationCredential,
        window: Window,
        screen: Screen,
        *,
        api: str,
        replay: bool,
        wait: bool,
        # No worker is held up here.
        over: Callable[[float], Callable[[], bool]] = lambda seconds: Turn(seconds, waits=_nobody).is_over,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.lines: dict[int, dict[str, Any]] = {}
        self.limited = False
        self._left = deque(followed)
        self._count = len(followed)
        # What was begun is gone on with: where a worker ended it meanwhile, no other run is begun.
        self._runs: dict[int, Run] = {}
        self._credential = credential
        self._window = window
        self._screen = screen
        self._api = api
        self._replay = replay
        self._wait = screen.wait if wait else None
        self._over = over
        self._sleep = sleep

    def go(self) -> None:
        """Raises CredentialRevoked, KeyboardInterrupt, and what the database raises."""
        # How many were found held one after the other.
        held = 0
        while self._left and not self.limited:
            if held == len(self._left):
                self._screen.say(f"workers are at what is left, {held:,} repositories: waiting for them")
                nap(AGAIN_SECONDS, lambda: None, sleep=self._sleep)
                held = 0
            tracked = self._left.popleft()
            after = self._turn(tracked)
            held = held + 1 if after == After.HELD else 0
            if after in (After.MORE, After.HELD):
                self._left.append(tracked)
            self.limited = after == After.LIMITED

    def _turn(self, tracked: TrackedRepository) -> After:
        try:
            run = self._run(tracked)
            held, error = self._go_on(run)
            run.refresh_from_db()
        except NotBegun as refused:
            return self._leave_out(tracked, str(refused))
        except Run.DoesNotExist:
            return self._leave_out(tracked, f"What was stored of {tracked.full_name} was deleted meanwhile.")
        # A worker's failure stands in the row only.
        error = run.message if run.state == State.FAILED else error
        self._note(tracked, run, error)
        if error or run.state not in Run.ACTIVE:
            return After.NOTHING
        if run.state == State.WAITING and (self._wait is None or not held):
            return After.LIMITED
        if run.state == State.PAUSED:
            # Somebody wants it so.
            return After.NOTHING
        return After.HELD if held else After.MORE

    def _run(self, tracked: TrackedRepository) -> Run:
        if tracked.github_repo_id not in self._runs:
            with transaction.atomic():
                run, new = begin(tracked, self._window, at_the_terminal())
                if new:
                    run.scope["api"] = self._api
                    run.save(update_fields=["scope"])
            self._runs[tracked.github_repo_id] = run
        return self._runs[tracked.github_repo_id]

    def _go_on(self, run: Run) -> tuple[bool, str]:
        """Whether somebody else has the run, or ended it, and what went wrong with it."""
        seconds = TASK_SECONDS if run.counters else FIRST_SECONDS
        try:
            go_on(
                run,
                self._credential,
                paused=True,
                replay=self._replay,
                wait=self._wait,
                enough=self._over(seconds),
                progress=self._screen.progress,
            )
        except CredentialRevoked:
            raise
        except (NotFree, LeaseLost):
            return True, ""
        except GitHubError as problem:
            return False, str(problem)
        return False, ""

    def _leave_out(self, tracked: TrackedRepository, why: str) -> After:
        self._count -= 1
        self.lines.pop(tracked.github_repo_id, None)
        self._screen.say(why)
        return After.NOTHING

    def _note(self, tracked: TrackedRepository, run: Run, error: str) -> None:
        counters = run.counters
        self.lines[tracked.github_repo_id] = {
            "repository": tracked.full_name,
            "run": run.pk,
            "state": run.state,
            "pull_requests": counters.get("visited", 0) + counters.get("unchanged", 0),
            "requests": counters.get("requests", 0),
            "not_before": run.not_before if run.state == State.WAITING else None,
            "problem": error or None,
        }
        if run.state not in Run.ACTIVE or error:
            done = sum(line["state"] not in Run.ACTIVE for line in self.lines.values())
            said = error or run.state
            self._screen.say(f"{done:,} of {self._count:,}: {tracked.full_name} {said}")

    def report(self, account: str, seconds: float) -> dict[str, Any]:
        lines = list(self.lines.values())
        return {
            "owner": account,
            "repositories": lines,
            "complete": sum(line["state"] == State.COMPLETE for line in lines),
            "failed": sum(bool(line["problem"]) for line in lines),
            "left": self._count - sum(line["state"] not in Run.ACTIVE for line in lines),
            "pull_requests": sum(line["pull_requests"] for line in lines),
            "requests": sum(line["requests"] for line in lines),
            "seconds": round(seconds, 1),
            "ended_at": timezone.now(),
        }

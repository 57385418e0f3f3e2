"""`manage.py backfill OWNER`: all repositories of an account, in turns, in the foreground."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from apps.integrations.cli.backfill_progress import Screen
from apps.integrations.models import IntegrationCredential, TrackedRepository
from apps.integrations.services.connecting.connections import Connection
from apps.integrations.services.github_client import pace
from apps.integrations.services.github_sync import begin, go_on
from apps.integrations.services.purges import BeingPurged, being_purged, hold, refuse_purged
from apps.integrations.services.repositories.listing import Item, repositories_of
from apps.integrations.services.repositories.planning import quota_reserve
from apps.integrations.services.repositories.planning_many import PlanOfMany, Wanted, plan_many
from apps.integrations.services.repositories.tracking import track
from apps.integrations.services.runs.turns import Turn
from apps.integrations.services.sending import send_after_commit
from apps.integrations.tasks import FIRST_SECONDS, TASK_SECONDS, continue_backfill
from apps.teams.models import Team
from ingest.backfill.repository import Repository
from ingest.backfill.starting import start_many
from ingest.backfill.window import Window
from ingest.cli import output
from ingest.cli.output import table
from ingest.cli.who import at_the_terminal
from ingest.github.client import GitHubClient
from ingest.github.errors import CredentialRevoked, GitHubError
from ingest.models import Run
from ingest.runs.lease import LeaseLost, NotFree

State = Run.State


def run(
    command: BaseCommand,
    connection: Connection,
    window: Window,
    screen: Screen,
    options: dict[str, Any],
    ask: Callable[[Callable[[GitHubClient], Any]], Any],
) -> int:
    """Do what the options say; returns the exit status. `ask`: asks GitHub, waiting for a limit."""
    account, started = options["repository"], time.monotonic()
    items = ask(lambda client: choose(client, account, archived=options["archived"]))
    as_json = options["format"] == "json"
    if options["plan"]:
        found = ask(lambda client: plan(client, items, window, connection.team))
        if as_json:
            output.print_json(command.stdout, {"owner": account, **found.as_json()})
        else:
            show_plan(output.console(command.stdout), found, account, window)
        return 0
    team, credential = connection.make()
    followed = follow(team, credential, items)
    if options["queue"]:
        runs = queue(team, followed, window, options["api"])
        if as_json:
            output.print_json(command.stdout, {"owner": account, "queued": [one.pk for one in runs]})
        else:
            command.stdout.write(f"{len(runs):,} runs are queued for workers: manage.py runs list")
        return 0
    turns = Turns(
        followed,
        credential,
        window,
        screen,
        api=options["api"],
        replay=not options["no_replay"],
        wait=not options["no_wait"],
    )
    try:
        turns.go()
    except KeyboardInterrupt:
        screen.say("stopped; the same command goes on")
        raise
    report = turns.report(account, time.monotonic() - started)
    if as_json:
        output.print_json(command.stdout, report)
    else:
        show(output.console(command.stdout), report)
    return output.WAITING if turns.limited else output.FAILED if report["failed"] else 0


def choose(client: GitHubClient, account: str, *, archived: bool) -> list[Item]:
    """The account's repositories, the last pushed to first. Raises a GitHubError."""
    found = [item for item in repositories_of(client, account) if archived or not item.archived]
    never = [item for item in found if item.pushed_at is None]
    pushed = [item for item in found if item.pushed_at is not None]
    return sorted(pushed, key=lambda item: (item.pushed_at, item.id), reverse=True) + never


def plan(client: GitHubClient, items: Sequence[Item], window: Window, team: Team | None) -> PlanOfMany:
    """Raises a GitHubError."""
    return plan_many(
        client,
        [Wanted(item.id, item.full_name) for item in items],
        window,
        team_id=team.pk if team else None,
        per_second=pace(),
        reserve=quota_reserve(),
    )


def follow(team: Team, credential: IntegrationCredential, items: Sequence[Item]) -> list[TrackedRepository]:
    """Their rows, made where absent; those whose data is being deleted are left out."""
    found = []
    for item in items:
        owner = item.owner
        place = Repository(
            item.id,
            item.full_name,
            owner.login if owner else item.full_name.partition("/")[0],
            owner.id if owner else 0,
            None,
        )
        try:
            refuse_purged(team, item.id, item.full_name)
        except BeingPurged:
            continue
        found.append(track(team, place, credential))
    return found


def queue(team: Team, followed: Sequence[TrackedRepository], window: Window, api: str) -> list[Run]:
    """Leave the work to workers."""
    with transaction.atomic():
        hold(team)
        purged = being_purged(team, [one.github_repo_id for one in followed])
        names = {one.github_repo_id: one.full_name for one in followed if one.github_repo_id not in purged}
        runs = start_many(team, names, window, api=api, who=at_the_terminal())
        if runs:
            send_after_commit(continue_backfill, runs[0].pk)
    return runs


def _nobody() -> bool:
    return False


class Turns:
    """Each repository gets a short turn first, then as many long ones as it takes.

    What goes wrong with one leaves the others alone; a token that GitHub refuses ends all.
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
    ) -> None:
        self.lines: dict[int, dict[str, Any]] = {}
        self.limited = False
        self._left = deque(followed)
        self._count = len(followed)
        self._credential = credential
        self._window = window
        self._screen = screen
        self._api = api
        self._replay = replay
        self._wait = screen.wait if wait else None
        self._over = over

    def go(self) -> None:
        """Raises CredentialRevoked, KeyboardInterrupt, and what the database raises."""
        while self._left and not self.limited:
            tracked = self._left.popleft()
            run = self._turn(tracked)
            if run is not None and run.state == State.QUEUED:
                self._left.append(tracked)
            elif run is not None and run.state == State.WAITING:
                self.limited = True

    def _turn(self, tracked: TrackedRepository) -> Run | None:
        run = self._run(tracked)
        seconds = TASK_SECONDS if run.counters else FIRST_SECONDS
        error = ""
        try:
            run = go_on(
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
        except (GitHubError, NotFree, LeaseLost) as problem:
            error = str(problem)
        run.refresh_from_db()
        self._note(tracked, run, error)
        return None if error else run

    def _run(self, tracked: TrackedRepository) -> Run:
        with transaction.atomic():
            run, new = begin(tracked, self._window, at_the_terminal())
            if new:
                run.scope["api"] = self._api
                run.save(update_fields=["scope"])
        return run

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


def show_plan(screen: Any, found: PlanOfMany, account: str, window: Window) -> None:
    screen.print(f"{account}, {found.repositories:,} repositories: {window}")
    if found.chosen is None:
        screen.print(found.problem or "Nothing could be counted.")
        return
    rows = table("", "", show_header=False)
    chosen = found.chosen
    rows.add_row("pull requests, about", f"{found.pull_requests:,}")
    if found.unchanged:
        rows.add_row("of these stored already", f"{found.unchanged:,}")
    rows.add_row("requests, about", f"{chosen.requests:,}")
    rows.add_row("minutes, about, with waits for quota", f"{found.minutes:,}")
    if chosen.rate is not None:
        rows.add_row("quota now, without the reserve", f"{chosen.rate.remaining:,} of {chosen.rate.limit:,}")
    screen.print(rows)
    if found.choice:
        screen.print(found.choice.reason)
    for name in found.unseen:
        screen.print(f"GitHub does not show {name} to this token.")
    screen.print(f"Nothing was stored; this took {found.asked:,} requests.")


def show(screen: Any, report: dict[str, Any]) -> None:
    screen.print(
        f"{report['owner']}: {report['complete']:,} of {len(report['repositories']):,} repositories "
        f"complete, {report['pull_requests']:,} pull requests, {report['requests']:,} requests "
        f"in {report['seconds']:,} s"
    )
    for line in report["repositories"]:
        if line["problem"]:
            screen.print(f"  {line['repository']}: {line['problem']}")

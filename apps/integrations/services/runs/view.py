"""A backfill as people see it: its state in a sentence, its counters, its errors by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min

from apps.integrations.services.runs.advice import Advice, advice
from apps.teams.models import Team
from ingest.backfill.counters import Counters
from ingest.backfill.fetcher import GRAPHQL
from ingest.backfill.rounds import ALL, UPDATED
from ingest.backfill.window import Window
from ingest.models import ParkedEvent, RawGitHubEvent, Run, Visit
from ingest.runs.lease import EXPIRES

State = Run.State

RESOURCES = {"pull_request": "Pull requests", "pull_request_review": "Reviews", "commit": "Commits"}
# By GraphQL a pull request is one event, with its reviews and commits inside.
WHOLE = {"pull_request": "Pull requests, with reviews and commits"}
LAST_EVENTS = 10
# What changes by itself: worth looking again in a moment.
LIVING = (State.QUEUED, State.RUNNING, State.WAITING)


@dataclass(frozen=True)
class Resource:
    """Events of one type: stored by this run, of these applied to the tables, and known before."""

    name: str
    stored: int
    applied: int
    known: int


@dataclass(frozen=True)
class Cause:
    """Failures with one error. `count`: of those that the run kept."""

    error: str
    count: int
    sample: str
    numbers: list[int]
    advice: Advice


@dataclass(frozen=True)
class ParkedCause:
    """Events that are parked with one error at one path; `message`: what it said of one of them."""

    error: str
    path: str
    count: int
    message: str


@dataclass(frozen=True)
class RunView:
    """Computed from the run's row and `now`. `turn`: for what it waits while nobody is at it
    (`lanes.turns_of`), empty: for a worker."""

    run: Run
    now: datetime
    turn: str = ""

    @property
    def counters(self) -> Counters:
        return Counters.from_json(self.run.counters)

    @property
    def alive(self) -> bool:
        return self.run.state in LIVING

    @property
    def over(self) -> bool:
        return self.run.state not in Run.ACTIVE

    @property
    def interrupted(self) -> bool:
        """Its worker died, or no message reached one. Both are found by beat."""
        run = self.run
        if run.state == State.RUNNING:
            return run.heartbeat_at is None or run.heartbeat_at < self.now - EXPIRES
        quiet_since = run.heartbeat_at or run.created_at
        return run.state == State.QUEUED and not self.turn and quiet_since < self.now - 2 * EXPIRES

    @property
    def waiting(self) -> bool:
        return self.run.state == State.WAITING

    @property
    def badge(self) -> tuple[str, str]:
        """The state in a word or two, and the kind of its badge."""
        if self.interrupted:
            return "Interrupted", "warning"
        words = {
            State.QUEUED: ("Queued", "info"),
            State.RUNNING: ("Syncing", "info"),
            State.WAITING: ("Waiting", "info"),
            State.PAUSED: ("Paused", "neutral"),
            State.COMPLETE: ("Complete", "success"),
            State.FAILED: ("Failed", "error"),
            State.CANCELLED: ("Cancelled", "neutral"),
        }
        return words[State(self.run.state)]

    @property
    def sentence(self) -> str:
        run = self.run
        if self.turn:
            return self.turn
        if self.interrupted and run.state == State.RUNNING:
            return "Interrupted: its worker gives no sign of life. It goes on by itself where it stopped."
        if self.interrupted:
            return "No worker has taken it yet. It goes on by itself as soon as one runs."
        match run.state:
            case State.QUEUED:
                return "Waiting for a worker to take it." if not run.started_at else "Goes on in a moment."
            case State.RUNNING:
                return "Fetching from GitHub."
            case State.WAITING if run.not_before is not None and run.not_before > self.now:
                return (
                    f"Waiting for GitHub's limit until {run.not_before:%H:%M} UTC. It goes on by itself then."
                )
            case State.WAITING:
                return "GitHub's limit is over. It goes on in a moment."
            case State.PAUSED:
                return "Paused. What is stored stays, and it goes on where it stopped once it is resumed."
            case State.COMPLETE if self.counters.failures:
                return f"Complete, but for {self.counters.failures:,} parts that GitHub did not give."
            case State.COMPLETE:
                return "Complete."
            case State.CANCELLED:
                return "Cancelled. What is stored stays."
        return self.advice.what if self.advice else ""

    @property
    def advice(self) -> Advice | None:
        return advice(self.run.error) if self.run.state == State.FAILED else None

    @property
    def window(self) -> Window:
        return Window.from_json(self.run.scope.get("window", {}))

    @property
    def cutoff(self) -> datetime | None:
        return _time(self.run.scope.get("cutoff"))

    @property
    def heartbeat_age(self) -> int | None:
        beat = self.run.heartbeat_at
        return None if beat is None else max(0, int((self.now - beat).total_seconds()))

    @property
    def duration(self) -> timedelta | None:
        if self.run.started_at is None:
            return None
        end = self.run.finished_at or self.now
        return timedelta(seconds=int((end - self.run.started_at).total_seconds()))

    @property
    def quota_reset(self) -> datetime | None:
        return _time(self.counters.quota.get("reset"))

    @property
    def pull_requests(self) -> int:
        return self.counters.visited + self.counters.unchanged

    @property
    def stored(self) -> int:
        return self.counters.stored.total()

    @property
    def applied(self) -> int:
        return self.counters.applied.total()

    @property
    def known(self) -> int:
        return self.counters.duplicates.total()

    @property
    def resources(self) -> list[Resource]:
        done = self.counters
        named = WHOLE if self.run.scope.get("api") == GRAPHQL else RESOURCES
        return [
            Resource(name, done.stored[key], done.applied[key], done.duplicates[key])
            for key, name in named.items()
        ]

    @property
    def causes(self) -> list[Cause]:
        kept: list[dict[str, Any]] = self.run.report.get("failures", [])
        counted = Counter(failure["error"] for failure in kept)
        found = []
        for error, count in counted.most_common():
            of_it = [failure for failure in kept if failure["error"] == error]
            numbers = sorted({failure["number"] for failure in of_it})
            found.append(Cause(error, count, of_it[0]["message"], numbers, advice(error)))
        return found

    @property
    def covered(self) -> str:
        """What is surely stored by now, in a sentence."""
        rounds = self.run.cursor.get("round", {})
        if self.run.state == State.COMPLETE:
            # Of what it joined on to; runs of earlier versions don't say.
            known = self.run.report.get("covered")
            since = _time(known["since"]) if known else self.cutoff
            return "All pull requests." if since is None else f"Covered back to {_day(since)}."
        name = rounds.get("name")
        if name == ALL:
            return "Oldest first: how far it is shows in the number of pull requests."
        if name == UPDATED and not rounds.get("again"):
            oldest = self._oldest_visited()
            return f"Covered back to {_day(oldest)}." if oldest else "Nothing is covered yet."
        if self.cutoff is not None and name is not None:
            return (
                f"Covered back to {_day(self.cutoff)}; older pull requests that are open are being fetched."
            )
        return "Nothing is covered yet."

    def _oldest_visited(self) -> datetime | None:
        """Newest first: what was updated after the oldest one that this run fetched is there.

        Unchanged ones are noted a page at a time, before those between them are fetched: they don't count.
        """
        started = _time(self.run.scope.get("started_at"))
        if started is None:
            return None
        place = {
            "stream__team": self.run.team_id,
            "stream__repository_id": self.run.github_repo_id,
            "run_id": self.run.pk,
            "answered_at__gte": started,
        }
        oldest: datetime | None = Visit.objects.filter(**place).aggregate(o=Min("pull_updated_at"))["o"]
        return oldest

    def last_events(self) -> list[RawGitHubEvent]:
        """The newest ones that it stored, without their bodies."""
        fetches = list(self.run.fetches.order_by("-pk").values_list("pk", flat=True)[:LAST_EVENTS])
        events = RawGitHubEvent.objects.filter(team=self.run.team_id, fetch__in=fetches)
        return list(events.defer("packed").order_by("-pk")[:LAST_EVENTS])

    def parked(self) -> list[ParkedCause]:
        """Of the events that it stored, those whose processor failed, by error and place in the payload."""
        rows: Any = (
            ParkedEvent.objects.filter(team=self.run.team_id, event__fetch__run=self.run)
            .values("error", "path")
            .annotate(count=Count("id"), message=Min("message"))
            .order_by("-count", "error", "path")
        )
        return [ParkedCause(**row) for row in rows]


def parked_by_run(team: Team, runs: Iterable[Run]) -> dict[int, int]:
    """How many events that each stored are parked."""
    rows = (
        ParkedEvent.for_team(team)
        .filter(event__fetch__run__in=[run.pk for run in runs])
        .values_list("event__fetch__run")
        .annotate(count=Count("id"))
    )
    return dict(rows.values_list("event__fetch__run", "count"))


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _day(time: datetime) -> str:
    return f"{time:%Y-%m-%d}"
